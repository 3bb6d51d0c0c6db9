"""The rules of the source tree: which folder may include which, what a protocol may name, how files look.

Runs on the source alone. With PORTLAB_CHECK_HEADERS=FOLDER (a build folder, for its compiler and
flags) it also compiles each header by itself, which takes minutes.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import unittest

TOP = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ("common", "servers", "clients", "labs", "tests")
SOURCES = sorted(path for folder in FOLDERS if (TOP / folder).is_dir()
                 for path in (TOP / folder).rglob("*") if path.suffix in (".hpp", ".cpp"))
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)

PROTOCOLS = sorted(path.name for path in (TOP / "servers").iterdir()
                   if path.is_dir() and path.name not in ("daemon", "listener", "site"))
CLIENTS_MAY_ALSO = {"cli": [], "net": ["clients/cli/"]}  # every other folder: cli and net
# For each folder of labs/ the others of labs/ that it may include; labs/ itself, and labs/runner/, include all below.
LABS_MAY_ALSO = {
    "labs/network": [],
    "labs/network/office": ["labs/network"],
    "labs/page": ["labs/network", "labs/network/office"],
    "labs/tour": ["labs/network", "labs/network/office"],
    "labs/runner/model": ["labs/network", "labs/network/office"],
    "labs/runner/check": ["labs/network/office", "labs/runner/model"],
    "labs/runner/shell": ["labs/network", "labs/network/office", "labs/runner/model", "labs/runner/check"],
    "labs/runner/record": [],
    "labs/runner/interactive": ["labs/network", "labs/runner/model", "labs/runner/check", "labs/runner/shell",
                                "labs/runner/record"],
    "labs/runner/unattended": ["labs/network", "labs/runner/model", "labs/runner/check", "labs/runner/shell"],
}
LINES_MAX = 450  # most files have fewer than 300; a longer one has two subjects


def name(path):
    return path.relative_to(TOP).as_posix()


def text_of(path):
    return path.read_text(encoding="utf-8")


def code_of(path):
    """The text without comments and string literals, lines kept."""
    def blank(found):
        return '""' if found.group(0).startswith('"') else "\n" * found.group(0).count("\n")
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', blank, text_of(path), flags=re.DOTALL)


def includes(path):
    return [own or system for own, system in INCLUDE.findall(text_of(path))]


def allowed(path):
    """The beginnings of the project's own headers that this file may include; None: all."""
    top, *inner = name(path).split("/")
    if top == "tests":
        return None
    if top == "common":
        return ["common/"] if inner[0] == "system" else ["common/(?!system/)"]
    if top == "clients":
        if inner == ["main.cpp"]:
            return ["labs/lab_commands.hpp", "clients/", "common/"]
        if len(inner) == 1:
            return ["clients/", "common/"]
        return [f"clients/{inner[0]}/", *CLIENTS_MAY_ALSO.get(inner[0], ["clients/cli/", "clients/net/"]),
                "common/"]
    if top == "labs":
        folder = path.parent.relative_to(TOP).as_posix()
        if folder in ("labs", "labs/runner"):
            return [f"{folder}/", "labs/network/", "clients/", "common/"]
        return [f"{other}/[^/]+$" for other in (folder, *LABS_MAY_ALSO[folder])] + ["clients/", "common/"]
    if len(inner) == 1 or inner[0] == "daemon":  # where everything is put together
        return ["servers/", "common/"]
    if inner[0] == "listener":
        return ["servers/listener/", "common/"]
    return [f"servers/{inner[0]}/", "servers/listener/", "servers/site/", "common/"]


class Coroutines(unittest.TestCase):
    def test_nothing_is_awaited_in_a_condition(self):
        """g++ 12 destroys a frame twice when that throws: name the result, then test it."""
        condition = re.compile(r"\b(?:if|while|switch) (\()")
        for path in SOURCES:
            code = code_of(path)
            for found in condition.finditer(code):
                depth, end = 0, found.start(1)
                while end < len(code):
                    depth += {"(": 1, ")": -1}.get(code[end], 0)
                    end += 1
                    if depth == 0:
                        break
                inside = code[found.start(1):end]
                line = code.count("\n", 0, found.start()) + 1
                self.assertFalse("co_await" in inside and "=" not in inside.split("co_await")[0],
                                 f"{name(path)}:{line}: a condition awaits")


class Layers(unittest.TestCase):
    def test_each_folder_includes_only_what_the_design_allows(self):
        for path in SOURCES:
            patterns = allowed(path)
            if patterns is None:
                continue
            for header in includes(path):
                if header.split("/")[0] in FOLDERS:
                    self.assertTrue(any(re.match(p, header) for p in patterns),
                                    f"{name(path)} must not include {header}")

    def test_no_folders_include_each_other(self):
        """Neither directly nor through others."""
        included = {}
        for path in SOURCES:
            folder = path.parent.relative_to(TOP).as_posix()
            # A main.cpp joins what the others must not: servers/daemon, clients/ and labs/.
            if not folder.startswith("tests") and path.name != "main.cpp":
                headers = [header for header in includes(path) if header.split("/")[0] in FOLDERS]
                included.setdefault(folder, set()).update(str(pathlib.PurePosixPath(h).parent) for h in headers)

        def reachable(folder, found):
            for other in included.get(folder, set()) - found:
                found.add(other)
                reachable(other, found)
            return found

        reach = {folder: reachable(folder, set()) for folder in included}
        for folder in sorted(included):
            cycle = {other for other in reach[folder] if folder in reach.get(other, ())} | {folder}
            if len(cycle) > 1:
                self.fail("these folders include each other: " + ", ".join(sorted(cycle)))

    def test_project_headers_are_named_from_the_top_and_exist(self):
        for path in SOURCES:
            if name(path).startswith("tests/"):
                continue
            for own, _ in INCLUDE.findall(text_of(path)):
                if own:
                    self.assertTrue((TOP / own).is_file(), f"{name(path)} includes \"{own}\"")

    def test_common_opens_no_socket(self):
        forbidden = re.compile(
            r"sys/socket\.h|asio/ip/(tcp|udp)\.hpp|asio/local/|io_context|::socket\s*\(|::connect\s*\(")
        for path in SOURCES:
            if not name(path).startswith("common/") or "/system/" in name(path) or \
                    "/boost/" in name(path) or path.name == "precompiled.hpp":
                continue
            found = forbidden.search(code_of(path))
            self.assertIsNone(found, f"{name(path)} names {found and found.group(0)}")

    def test_a_protocol_names_no_socket_timer_loop_or_errno(self):
        forbidden = re.compile(
            r"sys/socket\.h|asio/ip/(tcp|udp)\.hpp|asio/local/|\bio_context\b|_timer\b|\berrno\b|"
            r"::socket\s*\(|\basio::ip::(tcp|udp)\b|co_spawn")
        for path in SOURCES:
            if not name(path).startswith(tuple(f"servers/{p}/" for p in PROTOCOLS)):
                continue
            found = forbidden.search(code_of(path))
            self.assertIsNone(found, f"{name(path)} names {found and found.group(0)}")


class Files(unittest.TestCase):
    def test_file_names_are_unique(self):
        seen = {}
        for path in SOURCES:
            if path.name != "main.cpp":
                self.assertNotIn(path.name, seen, f"{name(path)} and {seen.get(path.name)}")
                seen[path.name] = name(path)

    def test_no_file_is_too_long(self):
        for path in SOURCES:
            lines = text_of(path).count("\n")
            self.assertLessEqual(lines, LINES_MAX, f"{name(path)}: it should be two files")

    def test_headers_begin_with_pragma_once_and_say_what_they_are(self):
        for path in SOURCES:
            if path.suffix == ".hpp":
                lines = text_of(path).split("\n")
                self.assertEqual(lines[0], "#pragma once", name(path))
                self.assertTrue(any(line.startswith("//") for line in lines[1:4]), name(path))

    def test_includes_are_narrow_and_beast_stays_in_cpp_files(self):
        for path in SOURCES:
            for header in includes(path):
                self.assertNotIn(header, ("boost/asio.hpp", "boost/beast.hpp", "bits/stdc++.h"),
                                 name(path))
                if path.suffix == ".hpp" and not name(path).startswith("tests/"):
                    self.assertFalse(header.startswith("boost/beast"),
                                     f"{name(path)} includes {header}")


@unittest.skipUnless(os.environ.get("PORTLAB_CHECK_HEADERS"),
                     "PORTLAB_CHECK_HEADERS names no build folder")
class Headers(unittest.TestCase):
    def test_each_header_compiles_alone(self):
        folder = TOP / os.environ["PORTLAB_CHECK_HEADERS"]
        commands = json.loads((folder / "compile_commands.json").read_text(encoding="utf-8"))
        # The tests' flags include everybody's; the compiler may stand behind ccache.
        command = next(c["command"] for c in commands if c["file"].endswith("/tests/test_main.cpp"))
        words = [word for word in shlex.split(command) if not word.endswith("ccache")]
        flags = [w for w in words[1:] if w.startswith(("-I", "-D", "-W", "-std")) and w != "-Werror"]
        flags += [w for i, w in enumerate(words) if words[i - 1] == "-isystem" or w == "-isystem"]

        def compile_alone(path):
            done = subprocess.run([words[0], *flags, "-fsyntax-only", "-x", "c++", "-"], cwd=folder,
                                  input=f'#include "{name(path)}"\n', capture_output=True,
                                  text=True, check=False)
            return name(path), done

        headers = [path for path in SOURCES if path.suffix == ".hpp"]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for header, done in pool.map(compile_alone, headers):
                self.assertEqual(done.returncode, 0, f"{header} alone:\n{done.stderr}")


if __name__ == "__main__":
    unittest.main()
