// A proxy that loses what a server has said.

import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/**
 * Stands before the server, and cuts the first connection that commits after a statement: nobody hears of it.
 */
export class Cutting {
  cut = 0;
  readonly #server = createServer((socket) => this.#accept(socket));
  readonly #sockets = new Set<Socket>();

  private constructor(
    readonly target: URL,
    readonly statement: string,
  ) {}

  static async before(url: string, statement: string): Promise<Cutting> {
    const proxy = new Cutting(new URL(url), statement);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    const url = new globalThis.URL(this.target);
    url.host = `127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
    return url.href;
  }

  #accept(socket: Socket): void {
    const server = connect(Number(this.target.port), this.target.hostname);
    let said = false;
    let committing = false;
    socket.on('data', (bytes) => {
      said ||= bytes.includes(this.statement);
      committing = this.cut === 0 && said && bytes.includes('COMMIT');
      server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (!committing) socket.write(bytes);
      else {
        // The server has committed.
        this.cut += 1;
        socket.destroy();
        server.destroy();
      }
    });
    for (const [one, other] of [[socket, server], [server, socket]] as const) {
      this.#sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
