#include "clients/capture/host_names.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "common/text.hpp"

namespace portlab {

HostNames::HostNames(std::string_view text) {
  constexpr std::size_t names_max = 10'000;
  constexpr std::size_t name_bytes_max = 63;
  std::istringstream lines{std::string(text)};
  for (std::string line; names_.size() < names_max && std::getline(lines, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string address_text;
    std::string name;
    if (!(words >> address_text >> name)) continue;
    boost::system::error_code error;
    const auto address = asio::ip::make_address(address_text, error);
    // Loopback is this machine, whatever name it has there.
    if (error || address.is_loopback()) continue;
    names_.emplace(address, displayable(name.substr(0, name.find('.')), name_bytes_max));
  }
}

HostNames HostNames::of_this_machine() {
  std::ostringstream text;
  const char* const more = std::getenv("PORTLAB_HOSTS");
  for (const char* path : {more, "/etc/hosts"}) {
    if (path == nullptr) continue;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) text << line << "\n";
  }
  return HostNames(text.str());
}

std::string HostNames::name(const asio::ip::address& address) const {
  const auto found = names_.find(address);
  return found == names_.end() ? address.to_string() : found->second;
}

std::string HostNames::text(const Endpoint& endpoint, bool with_port) const {
  const auto found = names_.find(endpoint.address);
  if (found == names_.end())
    return with_port ? endpoint.address_and_port() : endpoint.address.to_string();
  return found->second + (with_port ? ":" + std::to_string(endpoint.port) : "");
}

}  // namespace portlab
