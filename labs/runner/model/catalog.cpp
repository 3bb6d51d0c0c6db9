#include "labs/runner/model/catalog.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <system_error>

#include "common/system/own_path.hpp"

namespace portlab::labs {

namespace fs = std::filesystem;

namespace {

std::string kind_of(Catalog catalog) { return catalog == Catalog::labs ? "lab" : "myth"; }

fs::path folder_of(Catalog catalog) { return catalog == Catalog::labs ? "labs" : "labs/myths"; }

/// 5 for "05-http-on-port-83.md"; nothing where the file is not a lab.
std::optional<int> number_of(const fs::path& file) {
  const auto name = file.filename().string();
  int number = 0;
  const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (failed != std::errc{} || *end != '-' || !name.ends_with(".md")) return std::nullopt;
  return number;
}

}  // namespace

Result<std::vector<std::string>> files_in(Catalog catalog) {
  const auto folder = folder_of(catalog);
  std::vector<std::string> files;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(find_data(folder, folder), failed))
    if (number_of(entry.path())) files.push_back(entry.path());
  if (files.empty())
    return Error{"there are no " + kind_of(catalog) + "s in " +
                 places_text(data_places(folder, folder))};
  std::sort(files.begin(), files.end());  // the names have two digits
  return files;
}

Result<std::string> find_file(Catalog catalog, const std::string& number_or_path) {
  std::error_code failed;
  if (number_or_path.ends_with(".md") || number_or_path.find('/') != std::string::npos) {
    if (fs::is_regular_file(number_or_path, failed)) return number_or_path;
    return Error{number_or_path + ": " +
                 (fs::exists(number_or_path, failed) ? "not a file" : "there is no such file")};
  }
  const auto files = files_in(catalog);
  if (!files) return files.error();
  std::string numbers;
  for (const auto& file : *files) {
    const auto number = std::to_string(*number_of(file));
    if (number == number_or_path) return file;
    numbers += (numbers.empty() ? "" : ", ") + number;
  }
  return Error{"there is no " + kind_of(catalog) + " '" + number_or_path + "': there are " +
               numbers};
}

}  // namespace portlab::labs
