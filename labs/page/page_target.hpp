#pragma once
// Whose live page `portlab page` shows: that of a lab, of an office, or of another portlabd.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/endpoint.hpp"
#include "common/system/file_descriptor.hpp"

namespace portlab {

struct PageTarget {
  enum class Kind : std::uint8_t { lab, office, portlabd };

  Kind kind = Kind::portlabd;
  std::string name;         ///< "lab 5", "the office", "portlabd (process 812)"
  std::string command;      ///< that shows this one: "portlab page --lab 5"
  std::string control{};    ///< the control socket of its portlabd; empty for an office
  std::string office{};     ///< the name of the office, also of a lab that runs in one
  std::int64_t pid = 0;     ///< a process in its network; 0 for an office
  bool is_private = false;  ///< in another network than this process

  bool is_in_office() const { return !office.empty(); }
};

/// What the command line asks for; empty members: anything.
struct PageChoice {
  std::string control;  ///< --control
  std::string lab;      ///< --lab
  std::string office;   ///< --office, --name
};

/// What this user runs, in the order of preference: labs, the newest first; offices; the portlabd at
/// the usual control socket. With a choice, the one that it names. Not empty: throws a CommandError
/// that says what to start.
std::vector<PageTarget> find_page_targets(const PageChoice& choice);

/// A lab that has ended may have begun again, in a new network. Nothing: it has not, or is no lab.
std::optional<PageTarget> find_again(const PageTarget& ended);

/// The parent of the lab's process (pidfd_open(2)), which starts the lab again, and which ends with the
/// lab. May be none.
FileDescriptor parent_of(const PageTarget& lab);

/// Where the portlabd of this control socket answers HTTP now, as a client in its network reaches it.
/// Throws a CommandError where it has no such listener, or does not answer.
Endpoint http_listener(const std::string& control);

}  // namespace portlab
