#include "labs/runner/model/host_command.hpp"

#include <boost/regex.hpp>

namespace portlab::labs {

HostCommand split_host(std::string_view line) {
  static const boost::regex pattern(R"(on ([^\s:]+): *(.*))");
  boost::cmatch found;
  const auto* end = line.data() + line.size();
  if (!boost::regex_match(line.data(), end, found, pattern)) return {{}, std::string(line)};
  return {found[1].str(), found[2].str()};
}

}  // namespace portlab::labs
