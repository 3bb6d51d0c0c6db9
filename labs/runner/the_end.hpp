#pragma once
// The lab may be ended from outside: its window is closed, or somebody sends SIGTERM.

namespace portlab::labs {

/// From now on SIGTERM and SIGHUP are noted …
void watch_for_the_end();
/// … and end the lab here, by a Failure, so that all is put away and the place is kept.
void leave_if_told_to();

}  // namespace portlab::labs
