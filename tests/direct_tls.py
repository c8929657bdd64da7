#!/usr/bin/env python3
"""Speaks TLS from the first byte, as for sslnegotiation=direct, in front of a server that does not.

    direct_tls.py CERTIFICATE KEY PORT

Prints the port that it listens on. A client that does not offer the protocol `postgresql` is turned away.
Ends with its standard input."""

import socket
import ssl
import sys
import threading

certificate, key, port = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
context.set_alpn_protocols(["postgresql"])


def copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(plain):
    try:
        client = context.wrap_socket(plain, server_side=True)
    except (ssl.SSLError, OSError):
        plain.close()
        return
    if client.selected_alpn_protocol() != "postgresql":
        client.close()
        return
    server = socket.create_connection(("127.0.0.1", int(port)))
    threading.Thread(target=copy, args=(server, client), daemon=True).start()
    copy(client, server)


def accept(listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
threading.Thread(target=accept, args=(listener,), daemon=True).start()
sys.stdin.read()
