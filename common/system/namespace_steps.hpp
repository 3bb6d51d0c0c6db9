#pragma once
// The steps after unshare(2) by which a process sets up its new namespaces.

#include <span>
#include <string_view>

namespace portlab {

/// The step that failed, and its errno; `step` is null after success. A child process can send it
/// through a pipe, because steps are string literals.
struct StepOutcome {
  const char* step = nullptr;
  int error = 0;

  bool ok() const { return step == nullptr; }
};

/// Writes a file of /proc by one write(2), as user_namespaces(7) demands. Returns an errno, or 0.
int write_proc(const char* path, std::string_view text);

/// Maps this user and group to themselves, and no others, in the new user namespace
/// (user_namespaces(7)): files keep their owner, and `whoami` prints the same name. The arguments
/// are geteuid(2) and getegid(2) before unshare(2).
StepOutcome map_user_to_itself(unsigned user, unsigned group);

/// The same with another user and group inside: programs that refuse to run as this user, such as
/// servers that refuse root, run as that one.
StepOutcome map_user(unsigned user, unsigned user_inside, unsigned group, unsigned group_inside);

/// Keeps these capabilities, as far as this process has them, in programs that it executes: a user
/// other than root would lose them there (the ambient set of capabilities(7)).
StepOutcome keep_capabilities(std::span<const unsigned> kept);

}  // namespace portlab
