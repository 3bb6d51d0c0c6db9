#pragma once
// Where the files are that come with the program.

#include <string>

namespace portlab {

/// The site that http and ftp serve unless --root says otherwise.
std::string default_root();
/// The zone that dns answers from unless --zone says otherwise.
std::string default_zone();

}  // namespace portlab
