"""systemd on the machine of bare.py, and the unit that delivers notices under it."""

import http.server
import json
import shlex
import threading

# A systemd of its own: in namespaces below the machine's, with devices of its own, and unable to change the
# kernel's settings. `container` tells it so.
BOOT = r"""
mkdir -p /mnt/cgroup && mount -t cgroup2 cgroup2 /mnt/cgroup && mkdir -p /mnt/cgroup/awgp-units
cat >/mnt/boot <<'EOS'
mount -t proc proc /proc
mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys
mount -t sysfs -o ro sysfs /sys && mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs /dev
for node in 'null 1 3' 'zero 1 5' 'full 1 7' 'random 1 8' 'urandom 1 9' 'tty 5 0'; do
    set -- $node
    mknod -m 666 /dev/$1 c $2 $3
done
mkdir /dev/pts /dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts /dev/pts && ln -s pts/ptmx /dev/ptmx
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
ln -s /proc/self/fd /dev/fd
mount -t tmpfs -o mode=755 tmpfs /run
exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd
EOS
echo 'echo $$ >/mnt/cgroup/awgp-units/cgroup.procs; exec unshare --mount --pid --cgroup --fork --kill-child sh -e /mnt/boot' >/mnt/start
setsid sh -e /mnt/start >/mnt/log 2>&1 &
"""
CGROUP = "/mnt/cgroup/awgp-units"
# The process that is the first one there.
FIRST = "grep -lx systemd /proc/[0-9]*/comm | head -n 1 | tr -dc 0-9"

SCENE = """
CREATE EXTENSION awgp;
CREATE ROLE notifier LOGIN PASSWORD 'choose-one' IN ROLE awgp_notifier;
SELECT slug FROM awgp.create_tenant('North', 'north', 'holding');
UPDATE awgp.tenants SET settings = settings || '{"notices": {"routes": {"approval_asked": ["hook"]}}}';
BEGIN;
SELECT awgp.set_context('north', NULL);
SELECT awgp.create_user('ada@north.example', 'admin'), awgp.create_user('bob@north.example', 'manager');
COMMIT;
"""
ASKED = """
BEGIN;
SELECT awgp.set_context('north', 'bob@north.example');
SELECT awgp.create_assistant('Scribe', 'scribe', 'custom');
SELECT awgp.set_assistant_status((SELECT id FROM awgp.assistants), 'active');
SELECT awgp.request_approval((SELECT id FROM awgp.create_work_item((SELECT id FROM awgp.assistants), 'Pay', risk_level => 4)));
COMMIT;
"""
# As docs/notices.md says.
FILES = """
for file in toml env pgpass; do install -m 0600 -o awgp-notify /dev/null /etc/awgp/notify.$file; done
printf '[targets.hook]\\ntype = "webhook"\\nurl = "http://127.0.0.1:{port}/"\\n' >/etc/awgp/notify.toml
printf 'PGHOST=localhost\\nPGPORT=%s\\nPGDATABASE=told\\nPGUSER=notifier\\nPGPASSFILE=/etc/awgp/notify.pgpass\\n' {server} >/etc/awgp/notify.env
echo 'localhost:*:*:notifier:choose-one' >/etc/awgp/notify.pgpass
systemctl daemon-reload && systemctl enable --now awgp-notify
"""


class Receiver:
    """What the machine's notices are sent to. It shares this machine's network."""

    def __init__(self):
        receiver = self
        self.body, self.arrived = None, threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                receiver.body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(204)
                self.end_headers()
                receiver.arrived.set()

            def log_message(self, *_):
                pass

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Booted:
    """The machine, with its own systemd."""

    def __init__(self, machine):
        self.machine = machine
        machine.run("apt-get --yes install systemd-sysv")
        machine.run("pg_ctlcluster 15 main stop || true")
        machine.run(BOOT)
        machine.run(f"until [ -n \"$({FIRST})\" ]; do sleep 0.1; done")
        self.first = machine.run(FIRST)
        self.run("until systemctl is-system-running --wait | grep -E 'running|degraded'; do sleep 0.1; done")

    def run(self, command):
        return self.machine.run(f"nsenter --target {self.first} --all -- bash -c {shlex.quote(command)}")

    def psql(self, database, sql):
        return self.run(f"runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1 -d {database} -c {shlex.quote(sql)}")

    def process(self):
        return self.run("systemctl show --property MainPID --value awgp-notify")

    def end(self):
        self.machine.run(f"kill -9 {self.first}; while [ -e {CGROUP} ]; do find {CGROUP} -depth -type d -exec rmdir {{}} + || true; done")


def test_the_unit_delivers_under_systemd_within_its_limits(machine, packages):
    booted, receiver = Booted(machine), Receiver()
    assert booted.run("systemctl is-active awgp-notify || systemctl is-enabled awgp-notify || true").split() == ["inactive", "disabled"]
    booted.run("systemctl start postgresql@15-main && runuser -u postgres -- createdb told")
    booted.psql("told", SCENE)
    server = booted.run("pg_lsclusters --no-header | tr -s ' ' | cut -d' ' -f3")
    booted.run(FILES.format(port=receiver.port, server=server))
    booted.psql("told", ASKED)
    assert receiver.arrived.wait(60), booted.run("systemctl status --no-pager awgp-notify || true")
    assert receiver.body["type"] == "approval_asked", receiver.body

    before = booted.process()
    status = dict(line.split(":\t", 1) for line in booted.run(f"cat /proc/{before}/status").splitlines())
    assert (status["Seccomp"], status["NoNewPrivs"], int(status["CapEff"], 16), int(status["CapBnd"], 16)) == ("2", "1", 0, 0), status
    assert status["Uid"].split()[0] == booted.run("id -u awgp-notify")
    booted.run(f"dpkg --install {packages}/awgp_*.deb")
    assert booted.run("systemctl is-active awgp-notify") == "active" and booted.process() != before
    booted.run("dpkg --remove awgp")
    assert booted.run("systemctl is-active awgp-notify || true") == "inactive"
    booted.run(f"dpkg --install {packages}/awgp_*.deb && rm /etc/awgp/notify.*")
    booted.end()
