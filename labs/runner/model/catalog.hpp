#pragma once
// The labs and myths that come with Portlab, and where their files are.

#include <string>
#include <vector>

#include "common/result.hpp"

namespace portlab::labs {

enum class Catalog { labs, myths };

/// The paths of all files of a catalog, in the order of their numbers. Where there are none, the
/// error says in which folders they were looked for.
Result<std::vector<std::string>> files_in(Catalog catalog);

/// The path of the lab or myth with this number ("5"); a path is returned as it is. The error lists
/// the numbers that exist.
Result<std::string> find_file(Catalog catalog, const std::string& number_or_path);

}  // namespace portlab::labs
