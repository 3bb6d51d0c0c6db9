#include "common/option_group.hpp"

#include <boost/program_options/cmdline.hpp>
#include <utility>

namespace portlab {

namespace {

namespace po = boost::program_options;

/// Boost writes the value of an option that may stand alone as "[=NAME(=implicit value)]".
std::string value_of(const po::option_description& option) {
  const auto text = option.format_parameter();
  const auto implicit = text.find("(=");
  return text.starts_with("[=") && implicit != std::string::npos ? text.substr(0, implicit) + "]"
                                                                 : text;
}

/// Boost returns the long name, without dashes, where there is no short one.
std::string letter_of(const po::option_description& option) {
  const auto name = option.canonical_display_name(po::command_line_style::allow_dash_for_short);
  return name.starts_with('-') ? name.substr(1) : "";
}

}  // namespace

OptionGroup option_group(std::string title, const po::options_description& options) {
  OptionGroup group{std::move(title), {}};
  for (const auto& option : options.options())
    group.options.push_back(
        {option->long_name(), letter_of(*option), value_of(*option), option->description()});
  return group;
}

}  // namespace portlab
