#pragma once
// The lab may be ended from outside: its window is closed, or somebody sends SIGTERM.

namespace portlab::labs {

/// From now on SIGTERM and SIGHUP are noted …
void watch_for_termination();
/// … and end the lab here, by a CommandError, so that all is put away and the place is kept.
void throw_if_terminated();

}  // namespace portlab::labs
