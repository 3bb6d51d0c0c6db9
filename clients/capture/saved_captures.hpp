#pragma once
// The captures that come with the labs, for machines where this user may not capture.

#include <filesystem>
#include <string>

namespace portlab {

/// The path of the saved capture of the lab with this number. Throws a CommandError (exit status 2)
/// where there is none.
std::filesystem::path saved_capture(const std::string& lab);

}  // namespace portlab
