#pragma once
// Which labs and myths there are, and where their files are.

#include <string>
#include <vector>

#include "common/result.hpp"

namespace portlab::labs {

/// What a shelf holds: labs, or myths.
enum class Catalog { labs, myths };

/// All files of a shelf, by their numbers.
std::vector<std::string> files_on(Catalog catalog);

/// The file of lab or myth N ("5"), or the path itself where it is one. The error names those that
/// there are.
Result<std::string> find_file(Catalog catalog, const std::string& wanted);

}  // namespace portlab::labs
