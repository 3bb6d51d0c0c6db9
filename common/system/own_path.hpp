#pragma once
// The path of the running program, and the files that come with it.

#include <filesystem>
#include <string>
#include <vector>

namespace portlab {

/// The folder of the running program, from /proc/self/exe (proc(5)); empty where /proc has none.
std::filesystem::path own_folder();

/// The places where a file or folder that comes with the programs is looked for, in this order:
/// - `installed` below share/portlab, beside the folder of the program, as `cmake --install` puts it;
/// - `in_sources` below the parent of the program's folder: a build folder in the source tree, also
///   when both were moved;
/// - `in_sources` below the source tree, for a program in a build folder that is elsewhere.
std::vector<std::filesystem::path> data_places(const std::filesystem::path& installed,
                                               const std::filesystem::path& in_sources);

/// The first of these places that exists; where none does, the first of all.
std::filesystem::path find_data(const std::filesystem::path& installed,
                                const std::filesystem::path& in_sources);

/// The places as text, for the error that nothing is there: "/usr/share/portlab/labs or /usr/labs".
std::string places_text(const std::vector<std::filesystem::path>& places);

}  // namespace portlab
