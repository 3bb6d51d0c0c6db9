#include "labs/runner/record/students.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/url/decode_view.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/pct_string_view.hpp>
#include <cctype>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cwctype>
#include <system_error>

#include "clients/cli/command_error.hpp"
#include "clients/cli/net_error.hpp"
#include "clients/cli/terminal.hpp"
#include "common/control_path.hpp"
#include "common/stable_hash.hpp"
#include "common/text.hpp"

namespace portlab::labs {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view name_begin = "labs-", name_end = ".json";

/// "labs.json", "labs-ana.json". Other characters than letters, digits and "-" are written as %XX,
/// and what is cut off is replaced by a hash.
std::string file_name(const std::string& student) {
  const auto stays = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return std::isalnum(byte) != 0 || c == '-' || byte >= 0x80;
  };
  auto name = boost::urls::encode(student, stays);
  if (name.size() > name_part_max) name = displayable(name, name_part_max) + hash_suffix(student);
  return std::string(student.empty() ? "labs" : name_begin) + name + std::string(name_end);
}

/// The name in "labs-ana.json"; empty: this is no file of a student, or not all of the name.
std::string name_in(const std::string& file) {
  if (!file.starts_with(name_begin) || !file.ends_with(name_end)) return {};
  const auto encoded =
      file.substr(name_begin.size(), file.size() - name_begin.size() - name_end.size());
  const auto decoded = boost::urls::make_pct_string_view(encoded);
  const bool is_cut = encoded.find('.') != std::string::npos;
  if (is_cut || !decoded) return {};
  const auto view = **decoded;
  return {view.begin(), view.end()};
}

/// In lower case, in every alphabet.
std::u32string in_one_case(std::string_view name) {
  static const auto unicode = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  std::u32string out;
  while (!name.empty()) {
    const auto character = first_code_point(name);
    const auto value =
        character.bytes == 0 ? static_cast<unsigned char>(name.front()) : character.value;
    const auto wide = static_cast<std::wint_t>(value);
    out += static_cast<char32_t>(unicode != nullptr ? ::towlower_l(wide, unicode) : wide);
    name.remove_prefix(std::max<std::size_t>(character.bytes, 1));
  }
  return out;
}

bool has_record(const std::string& student) {
  std::error_code failed;
  return fs::exists(record_path(student), failed);
}

}  // namespace

fs::path volatile_folder() { return fs::path(default_control_path()).parent_path(); }

fs::path state_folder() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/')
    return fs::path(state) / "portlab";
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home == '/' && ::access(home, W_OK | X_OK) == 0)
    return fs::path(home) / ".local/state/portlab";
  return volatile_folder();
}

std::string hash_suffix(const std::string& text) {
  char suffix[18];
  std::snprintf(suffix, sizeof suffix, ".%016llx", static_cast<unsigned long long>(hash_of(text)));
  return suffix;
}

std::string record_path(const std::string& student) {
  return (state_folder() / file_name(student)).string();
}

std::vector<std::string> known_students() {
  std::vector<std::string> names;
  std::error_code failed;
  for (fs::directory_iterator each(state_folder(), failed), end; !failed && each != end;
       each.increment(failed))
    if (auto name = name_in(each->path().filename().string()); !name.empty())
      names.push_back(std::move(name));
  std::sort(names.begin(), names.end());
  return names;
}

void refuse_other_case(const std::string& student) {
  if (student.empty() || has_record(student)) return;
  for (const auto& name : known_students())
    if (in_one_case(name) == in_one_case(student))
      throw usage_failure("'" + printable(student) + "' and '" + printable(name) +
                              "', which has a record already, differ in upper and lower case only",
                          "portlab lab" + student_option(name));
}

void require_record(const std::string& student) {
  if (student.empty() || has_record(student)) return;
  refuse_other_case(student);
  const auto names = known_students();
  constexpr std::size_t names_max = 40;  // in a message
  const std::vector<std::string> first(
      names.begin(),
      names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), names_max)));
  throw usage_failure("there is no record of '" + printable(student) + "'" +
                          (first.empty() ? std::string() : ": there are " + join(first, ", ")),
                      "portlab lab next" + student_option(student) + " (starts one)");
}

std::string student_option(const std::string& student) {
  return student.empty() ? "" : " --student " + shell_word(printable(student));
}

}  // namespace portlab::labs
