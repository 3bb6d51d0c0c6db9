#include "labs/runner/model/catalog.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "common/system/own_path.hpp"

namespace portlab::labs {

namespace fs = std::filesystem;

namespace {

fs::path folder_of(Catalog catalog) {
  const fs::path folder = catalog == Catalog::labs ? "labs" : "labs/myths";
  return find_data(folder, folder);
}

/// 5 for "05-http-on-port-83.md"; 0 where the file is not a lab.
int number_of(const fs::path& file) {
  const auto name = file.filename().string();
  int number = 0;
  const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
  return failed == std::errc{} && *end == '-' && name.ends_with(".md") ? number : 0;
}

}  // namespace

std::vector<std::string> files_in(Catalog catalog) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder_of(catalog), failed))
    if (number_of(entry.path()) > 0) files.push_back(entry.path());
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return number_of(a) < number_of(b); });
  return {files.begin(), files.end()};
}

Result<std::string> find_file(Catalog catalog, const std::string& number_or_path) {
  std::error_code failed;
  if (number_or_path.ends_with(".md") || number_or_path.find('/') != std::string::npos) {
    if (fs::is_regular_file(number_or_path, failed)) return number_or_path;
    return Error{number_or_path + ": " +
                 (fs::exists(number_or_path, failed) ? "not a file" : "there is no such file")};
  }
  std::string numbers;
  for (const auto& file : files_in(catalog)) {
    const auto number = std::to_string(number_of(file));
    if (number == number_or_path) return file;
    numbers += (numbers.empty() ? "" : ", ") + number;
  }
  const std::string kind = catalog == Catalog::labs ? "lab" : "myth";
  return Error{"there is no " + kind + " '" + number_or_path + "': there are " + numbers};
}

}  // namespace portlab::labs
