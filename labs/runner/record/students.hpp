#pragma once
// The names of students, and the files that contain their records.

#include <filesystem>
#include <string>
#include <vector>

namespace portlab::labs {

/// $XDG_STATE_HOME/portlab or ~/.local/state/portlab; where neither can be used, the folder of the
/// control socket.
std::filesystem::path state_folder();
/// The folder of the control socket: in memory, or in /tmp.
std::filesystem::path volatile_folder();

/// The end of a file's name that contains a part of a text only: ".", and a hash of all of it.
std::string hash_suffix(const std::string& text);
/// Names have at most 255 bytes (NAME_MAX), and others are added to this part.
inline constexpr std::size_t name_part_max = 100;

/// The file with the record of this student; "": of the user of this account. Each name has its own.
std::string record_path(const std::string& student);
/// The names of the students that have a record, in alphabetical order; of names that are longer than
/// name_part_max none.
std::vector<std::string> known_students();

/// Throws a CommandError where this student has no record, and another one has a record under a name
/// that differs in upper and lower case alone.
void refuse_other_case(const std::string& student);
/// Throws a CommandError, with the names that there are, where this student has no record; not for "".
void require_record(const std::string& student);

/// " --student ana", for commands that continue with the same record; "" for "".
std::string student_option(const std::string& student);

}  // namespace portlab::labs
