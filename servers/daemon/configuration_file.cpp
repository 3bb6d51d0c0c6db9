#include "servers/daemon/configuration_file.hpp"

#include <boost/program_options/errors.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

namespace portlab {

namespace po = boost::program_options;

namespace {

/// Removes a comment, which begins with '#' or ';' at the beginning of the line or after a blank.
std::string without_comment(const std::string& line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool begins_word = i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t';
    if (begins_word && (line[i] == '#' || line[i] == ';')) return line.substr(0, i);
  }
  return line;
}

}  // namespace

Result<po::parsed_options> parse_configuration(const std::string& path,
                                               const po::options_description& options) {
  std::ifstream file(path);
  if (!file || std::filesystem::is_directory(path))
    return Error{path + ": can't be read: check that it is a file and that this user may read it"};
  po::parsed_options parsed(&options);
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const auto where = path + ":" + std::to_string(number) + ": ";
    const auto text = without_comment(line);
    if (text.starts_with('['))
      return Error{
          where +
          "there are no sections in this file: write only lines SERVICE = PORT and OPTION = VALUE"};
    const auto key = text.substr(0, text.find('='));
    if (!is_option_name(key)) return Error{where + "there is no option '" + key + "'"};
    std::istringstream stream(text);
    try {
      auto parsed_line = po::parse_config_file(stream, options).options;
      std::move(parsed_line.begin(), parsed_line.end(), std::back_inserter(parsed.options));
    } catch (const po::error& error) {
      return Error{where + error.what()};
    }
  }
  return parsed;
}

bool is_option_name(std::string_view text) { return text.find('%') == std::string_view::npos; }

}  // namespace portlab
