# shellcheck shell=bash
# What this project needs from the system, named once. Sourced by labs/start, tests/run and .ci/run:
#
#   install_packages build            what the two programs are built with
#   install_packages build test       and what the tests use
#   install_packages build test check and what the checks of .ci/run use
#   install_packages build fuzz       what tests/fuzz/run builds with
#   install_packages build bench      what tests/bench/run measures beside
#
# Only what is missing is installed, with apt-get; sudo is asked only then. Where there is no apt-get
# the packages are named.

readonly boost_version_min=1.81

say() { printf '%s: %s\n' "$(basename -- "$0")" "$*" >&2; }

die() {
  say "$@"
  exit 1
}

# A line per tool: the command, and the package that brings it.
tools_of() {
  case $1 in
    build) printf '%s\n' cmake:cmake ninja:ninja-build g++:g++ ;;
    test)
      printf '%s\n' curl:curl wget:wget lftp:lftp dig:bind9-dnsutils kdig:knot-dnsutils \
        drill:ldnsutils nmap:nmap ncat:ncat python3:python3 ss:iproute2
      ;;
    bench)
      printf '%s\n' nginx:nginx-light lighttpd:lighttpd wrk:wrk dnsperf:dnsperf nsd:nsd knotd:knot \
        vsftpd:vsftpd socat:socat xinetd:xinetd curl:curl ss:iproute2 netstat:net-tools python3:python3
      ;;
    fuzz) printf '%s\n' clang++:clang ;;
    check)
      printf '%s\n' git:git clang-format:clang-format clang-tidy:clang-tidy codespell:codespell \
        shellcheck:shellcheck
      ;;
  esac
}

# The compiled parts of Boost; its headers come along.
boost_parts_of() {
  case $1 in
    build) printf '%s\n' program_options json url ;;
    test) printf '%s\n' unit_test_framework ;;
  esac
}

# Whether version $1 is at least $2.
at_least() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; }

# The version of the Boost headers that a compiler would find, or nothing.
boost_header_version() {
  local header number
  for header in /usr/local/include/boost/version.hpp /usr/include/boost/version.hpp; do
    [ -r "$header" ] || continue
    number=$(awk '$1 == "#define" && $2 == "BOOST_VERSION" {print $3}' "$header")
    printf '%d.%d\n' $((number / 100000)) $((number / 100 % 1000))
    return
  done
}

has_boost_part() {
  compgen -G "/usr/local/lib/libboost_$1.so" >/dev/null ||
    compgen -G "/usr/lib/*/libboost_$1.so" >/dev/null ||
    compgen -G "/usr/lib*/libboost_$1.so" >/dev/null
}

# Whether the Boost that is installed is new enough and has these parts.
has_boost() {
  local version part
  version=$(boost_header_version)
  [ -n "$version" ] && at_least "$version" "$boost_version_min" || return 1
  for part in "$@"; do has_boost_part "$part" || return 1; done
}

# The version that apt-get would install; nothing where it knows none.
candidate() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | awk '/Candidate:/ && $2 != "(none)" {print $2}'; }

# How the packages of a new enough Boost are numbered here: nothing where the system's own Boost is
# new enough ("libboost-json-dev"), else "1.81" or the newest there is ("libboost-json1.81-dev").
boost_number() {
  local version
  version=$(candidate libboost-json-dev)
  if [ -n "$version" ] && at_least "$version" "$boost_version_min"; then return; fi
  version=$(apt-cache search --names-only '^libboost-json1\.[0-9]+-dev$' |
    sed -E 's/^libboost-json([0-9.]+)-dev .*/\1/' | sort -V | tail -n 1)
  [ -n "$version" ] && at_least "$version" "$boost_version_min" || return 1
  printf '%s' "$version"
}

# The packages with these parts of Boost.
boost_packages() {
  local number part
  number=$(boost_number) || return 1
  printf '%s\n' "libboost$number-dev"
  for part in "$@"; do
    case $part in
      unit_test_framework) part='test' ;;
      *) part=${part//_/-} ;;
    esac
    printf '%s\n' "libboost-$part$number-dev"
  done
}

# Fills the array missing_packages for these groups, and boost_parts with the missing parts of Boost.
find_missing() {
  local group line
  local -a parts=()
  missing_packages=()
  for group in "$@"; do
    while IFS= read -r line; do
      command -v "${line%%:*}" >/dev/null 2>&1 || missing_packages+=("${line#*:}")
    done < <(tools_of "$group")
    while IFS= read -r line; do parts+=("$line"); done < <(boost_parts_of "$group")
  done
  boost_parts=()
  if [ ${#parts[@]} -gt 0 ] && ! has_boost "${parts[@]}"; then boost_parts=("${parts[@]}"); fi
}

# Runs a command as root.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Stops where nobody can become root; else lets sudo ask now, where its question is seen.
expect_root() { # WHAT FOR
  [ "$(id -u)" != 0 ] || return 0
  command -v sudo >/dev/null 2>&1 ||
    die "this needs root, and there is no sudo. Ask an administrator for: $*"
  say "sudo may ask for your password, for: $*"
  sudo true || die "without root nothing can be installed. Ask an administrator for: $*"
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
    apt-get -q -o DPkg::Lock::Timeout=300 "$@"
}

# Runs apt-get; its many lines are shown only when it fails.
quietly() {
  local log
  log=$(mktemp)
  if "$@" >"$log" 2>&1 </dev/null; then
    rm -f "$log"
    return
  fi
  tail -n 30 "$log" >&2
  rm -f "$log"
  return 1
}

name_packages_and_stop() {
  local -a needed=("${missing_packages[@]}")
  if [ ${#boost_parts[@]} -gt 0 ]; then
    needed+=("Boost $boost_version_min or newer with ${boost_parts[*]}")
  fi
  {
    say "this system has no apt-get. Please install, then start this again:"
    printf '  %s\n' "${needed[@]}"
    cat <<'TEXT'
All that building takes, elsewhere than on Debian and Ubuntu:
  Fedora:  sudo dnf install cmake ninja-build gcc-c++ boost-devel boost-json boost-url
  Arch:    sudo pacman -S --needed cmake ninja gcc boost
  Alpine:  doas apk add bash cmake ninja g++ linux-headers boost-dev
TEXT
  } >&2
  exit 1
}

# Adds the names of the missing parts of Boost to missing_packages.
add_boost_packages() {
  local names
  [ ${#boost_parts[@]} -gt 0 ] || return 0
  names=$(boost_packages "${boost_parts[@]}") || return 1
  mapfile -t -O "${#missing_packages[@]}" missing_packages <<<"$names"
}

# Whether apt-get knows all of these.
all_known() {
  local package
  for package in "$@"; do [ -n "$(candidate "$package")" ] || return 1; done
}

install_packages() {
  local -a missing_packages boost_parts names
  find_missing "$@"
  if [ ${#missing_packages[@]} -eq 0 ] && [ ${#boost_parts[@]} -eq 0 ]; then return; fi
  command -v apt-get >/dev/null 2>&1 || name_packages_and_stop

  names=("${missing_packages[@]}")
  # A fresh machine knows no package at all before its first update.
  if ! add_boost_packages || ! all_known "${missing_packages[@]}"; then
    expect_root "apt-get update; apt-get install ${names[*]}${boost_parts[*]:+ and Boost $boost_version_min}"
    say "asking for the list of packages (apt-get update)"
    quietly apt_get update || die "apt-get update failed: is there a network?"
    missing_packages=("${names[@]}")
    add_boost_packages ||
      die "this system has no Boost $boost_version_min or newer: install it by hand (boost.org), below /usr/local"
  fi
  mapfile -t missing_packages < <(printf '%s\n' "${missing_packages[@]}" | sort -u)
  expect_root "apt-get install ${missing_packages[*]}"
  say "installing ${missing_packages[*]}"
  # --no-remove: another Boost that somebody works with is not ours to throw out.
  quietly apt_get install -y --no-install-recommends --no-remove "${missing_packages[@]}" ||
    { quietly apt_get update &&
      quietly apt_get install -y --no-install-recommends --no-remove "${missing_packages[@]}"; } ||
    die "that did not work. By hand, where one sees what it would change: sudo apt-get install ${missing_packages[*]}"
}

# How many compilers at once: a core each, and a gigabyte of memory.
build_jobs() {
  local cores gigabytes
  cores=$(nproc)
  gigabytes=$(awk '/^MemAvailable:/ {print int($2 / 1048576)}' /proc/meminfo)
  if [ "${gigabytes:-1}" -lt "$cores" ]; then cores=$gigabytes; fi
  printf '%d\n' "$((cores > 0 ? cores : 1))"
}

# configure PRESET FOLDER: unless that was done before.
configure() {
  local preset=$1 folder=$2
  # A checkout that was moved or copied: the cache names another place.
  if [ -f "$folder/CMakeCache.txt" ] &&
    ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "$folder/CMakeCache.txt"; then
    rm -rf "$folder"
  fi
  if [ ! -f "$folder/build.ninja" ]; then
    say "configuring $folder/ (cmake --preset $preset)"
    quietly cmake --preset "$preset" || die "cmake is not content: see above"
  fi
}

# build PRESET FOLDER [TARGET …]: configures where needed, and builds.
build() {
  local preset=$1 folder=$2
  shift 2
  local -a targets=()
  if [ $# -gt 0 ]; then targets=(--target "$@"); fi
  configure "$preset" "$folder"
  # Silent when there is nothing to do.
  if ! cmake --build "$folder" -j 1 "${targets[@]}" -- -n | grep -q 'no work to do'; then
    say "building in $folder/ with $(build_jobs) at once"
    NINJA_STATUS='[%f/%t, %es] ' cmake --build "$folder" -j "$(build_jobs)" "${targets[@]}" >&2 ||
      die "the build failed: the first error above says why"
  fi
}
