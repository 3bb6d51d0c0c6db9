#pragma once
// The browser of this user's desktop.

#include <string>

namespace portlab {

/// Opens the URL in the desktop's browser (xdg-open(1)), where this process has a desktop that belongs
/// to its user. Does not wait for it, and does nothing where that fails.
void open_in_browser(const std::string& url);

}  // namespace portlab
