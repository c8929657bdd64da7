"""The files of a release: all are there, they agree, and none has a path of the building machine.

    tests/packages/files.py PACKAGES"""

import glob
import hashlib
import json
import os
import re
import sys
import tempfile
import zipfile

from machine import ROOT, run

PACKAGES = os.path.abspath(sys.argv[1])
VERSION = re.search(r'^version = "(.*)"$', open(f"{ROOT}/Cargo.toml", encoding="utf-8").read(), re.MULTILINE)[1]
EXPECTED = {f"postgresql-{major}-awgp{symbols}_{VERSION}_amd64.deb" for major in (15, 18) for symbols in ("", "-dbgsym")}
EXPECTED |= {f"awgp-{VERSION}-postgresql-{major}-linux-amd64.tar.gz" for major in (15, 18)}
EXPECTED |= {f"awgp_{VERSION}_amd64.deb", f"awgp-dbgsym_{VERSION}_amd64.deb", f"awgp-{VERSION}.zip",
             f"awgp-{VERSION}.tgz", f"postgresql-awgp_{VERSION}.cdx.json", "META.json", "Dockerfile", "SHA256SUMS"}
EXPECTED |= {f"awgp-{VERSION}-py3-none-any.whl", f"awgp-{VERSION}.tar.gz"}
PROGRAMS = run("bash", "-c", '. scripts/lib/toolchain.sh; . scripts/lib/stage.sh; printf "%s\n" "${PROGRAMS[@]%%=*}"', cwd=ROOT).split()
EXPECTED |= {f"{program}_{VERSION}.cdx.json" for program in PROGRAMS}


def path(name):
    return os.path.join(PACKAGES, name)


def test_every_file_of_a_release_is_there_and_has_its_checksum():
    assert set(os.listdir(PACKAGES)) == EXPECTED, set(os.listdir(PACKAGES)) ^ EXPECTED
    with open(path("SHA256SUMS"), encoding="utf-8") as file:
        sums = {name: digest for digest, name in (line.split() for line in file)}
    assert set(sums) == EXPECTED - {"SHA256SUMS"}
    for name, digest in sums.items():
        with open(path(name), "rb") as file:
            assert hashlib.file_digest(file, "sha256").hexdigest() == digest, name


def test_the_source_of_pgxn_is_this_version_and_builds_by_make():
    with zipfile.ZipFile(path(f"awgp-{VERSION}.zip")) as archive:
        meta = json.loads(archive.read(f"awgp-{VERSION}/META.json"))
        assert {f"awgp-{VERSION}/{name}" for name in ("Makefile", "Cargo.lock", meta["provides"]["awgp"]["file"])} <= set(archive.namelist())
    with open(path("META.json"), encoding="utf-8") as file:
        assert json.load(file) == meta
    assert meta["version"] == meta["provides"]["awgp"]["version"] == VERSION
    assert {"name", "abstract", "maintainer", "license", "meta-spec"} <= set(meta)
    # The author of the release's commit, in both.
    assert meta["maintainer"] == [run("git", "log", "-1", "--format=%an <%ae>", cwd=ROOT).strip()]
    for package in glob.glob(path("*.deb")):
        assert run("dpkg-deb", "--field", package, "Maintainer").strip() == meta["maintainer"][0], package


def test_the_lists_of_what_is_built_in_name_the_versions_of_cargo_lock():
    with open(os.path.join(ROOT, "Cargo.lock"), encoding="utf-8") as file:
        locked = set(re.findall(r'name = "(.*)"\nversion = "(.*)"', file.read()))
    for name, crate in ((f"postgresql-awgp_{VERSION}", "pgrx"), (f"awgp_{VERSION}", "tokio-postgres")):
        with open(path(f"{name}.cdx.json"), encoding="utf-8") as file:
            sbom = json.load(file)
        listed = {(component["name"], component["version"]) for component in sbom["components"]}
        assert sbom["bomFormat"] == "CycloneDX" and crate in dict(listed) and listed <= locked, listed - locked


def test_nothing_has_a_path_of_the_building_machine():
    private = [ROOT.encode(), os.path.expanduser("~/.cargo").encode()]
    for package in glob.glob(path("*.deb")):
        with tempfile.TemporaryDirectory() as folder:
            run("dpkg-deb", "--extract", package, folder)
            for name in glob.glob(f"{folder}/**", recursive=True):
                if os.path.isfile(name):
                    with open(name, "rb") as file:
                        text = file.read()
                    assert not any(place in text for place in private), name.removeprefix(folder)
    for name in glob.glob(path("*.json")):
        with open(name, "rb") as file:
            text = file.read()
        assert not any(place in text for place in private), name


def test_each_package_is_stripped_and_its_symbols_are_the_ones_of_its_build():
    for package in (f"postgresql-{major}-awgp" for major in (15, 18)):
        with tempfile.TemporaryDirectory() as folder:
            for part in ("", "-dbgsym"):
                run("dpkg-deb", "--extract", path(f"{package}{part}_{VERSION}_amd64.deb"), folder)
            library, = glob.glob(f"{folder}/usr/lib/postgresql/*/lib/awgp.so")
            build = re.search(r"Build ID: ([0-9a-f]+)", run("readelf", "--notes", library))[1]
            assert os.path.exists(f"{folder}/usr/lib/debug/.build-id/{build[:2]}/{build[2:]}.debug"), build
            assert ".debug_info" not in run("readelf", "--section-headers", "--wide", library)


def main():
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    for name, test in tests:
        test()
        print(f"test {name[5:]} ... ok")
    print(f"test result: ok. {len(tests)} passed; 0 failed; 0 ignored")


if __name__ == "__main__":
    main()
