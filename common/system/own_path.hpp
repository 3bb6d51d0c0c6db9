#pragma once
// The path of the running program, and the files that come with it.

#include <filesystem>

namespace portlab {

/// The folder of the running program, from /proc/self/exe (proc(5)); empty where /proc has none.
std::filesystem::path own_folder();

/// A file or folder that comes with the programs. `installed` is its path below share/portlab, where
/// they are installed; `in_sources` is its path below the source tree, where they are in a build
/// folder of it (also when the tree was moved since). Where none is there: the path in the source
/// tree from which this was compiled.
std::filesystem::path find_data(const std::filesystem::path& installed,
                                const std::filesystem::path& in_sources);

}  // namespace portlab
