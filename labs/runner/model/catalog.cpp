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

/// "05-http-on-port-83.md" is number 5; 0: no lab.
int number_of(const fs::path& file) {
  const auto name = file.filename().string();
  int number = 0;
  const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool good = failed == std::errc{} && *end == '-' && name.ends_with(".md");
  return good ? number : 0;
}

}  // namespace

std::vector<std::string> files_on(Catalog catalog) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder_of(catalog), failed))
    if (number_of(entry.path()) > 0) files.push_back(entry.path());
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return number_of(a) < number_of(b); });
  return {files.begin(), files.end()};
}

Result<std::string> find_file(Catalog catalog, const std::string& wanted) {
  const auto name = catalog == Catalog::labs ? std::string("lab") : std::string("myth");
  std::error_code failed;
  if (wanted.ends_with(".md") || wanted.find('/') != std::string::npos) {
    if (fs::is_regular_file(wanted, failed)) return wanted;
    return Error{wanted + ": " +
                 (fs::exists(wanted, failed) ? "this is no file" : "there is no such file")};
  }
  std::string all;
  for (const auto& file : files_on(catalog)) {
    const auto number = std::to_string(number_of(file));
    if (number == wanted) return file;
    all += (all.empty() ? "" : ", ") + number;
  }
  return Error{"there is no " + name + " '" + wanted + "': there are " + all};
}

}  // namespace portlab::labs
