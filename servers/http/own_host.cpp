#include "servers/http/own_host.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>

#include "common/endpoint.hpp"
#include "common/http/http_syntax.hpp"
#include "common/system/interfaces.hpp"

namespace portlab::http {

namespace {

bool is_or_is_below(std::string_view name, std::string_view domain) {
  if (name.size() < domain.size()) return false;
  const auto end = name.substr(name.size() - domain.size());
  return equal_ignoring_case(end, domain) &&
         (end.size() == name.size() || name[name.size() - end.size() - 1] == '.');
}

bool is_own(const asio::ip::address& address) {
  if (address.is_loopback()) return true;
  const auto all = interface_addresses();
  return std::ranges::any_of(all, [&](const auto& own) { return own.address == address; });
}

std::string hosts_file() {
  std::ifstream file("/etc/hosts");
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

OwnNames::OwnNames(std::string host_name, std::string_view hosts_file)
    : host_name_(std::move(host_name)) {
  std::istringstream lines{std::string(hosts_file)};
  for (std::string line; entries_.size() < entries_max && std::getline(lines, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string first;
    words >> first;
    const auto address = parse_address(first);
    if (!address || address->is_unspecified()) continue;
    for (std::string name; entries_.size() < entries_max && words >> name;)
      entries_.push_back({name, *address});
  }
}

OwnNames OwnNames::read() { return {own_host_name(), hosts_file()}; }

bool OwnNames::contain(std::string_view host) const {
  if (host.starts_with('[')) return true;  // the parser has checked the IPv6 address
  auto name = host.substr(0, host.find(':'));
  if (name.ends_with('.')) name.remove_suffix(1);
  if (parse_address(name)) return true;
  if (is_or_is_below(name, "localhost") || is_or_is_below(name, "lab.test")) return true;
  const auto label = host_name_.substr(0, host_name_.find('.'));
  if (!label.empty() &&
      (equal_ignoring_case(name, host_name_) || equal_ignoring_case(name, label) ||
       equal_ignoring_case(name, label + ".local")))
    return true;
  return std::ranges::any_of(entries_, [&](const Entry& entry) {
    return equal_ignoring_case(name, entry.name) && is_own(entry.address);
  });
}

std::optional<Response> misdirection(const Request& request, const OwnNames& names) {
  const auto host = request.field("Host");
  if (!host || names.contain(*host)) return std::nullopt;
  return text_response(421, "the Host " + std::string(*host) +
                                " is not known as a name of this machine: use its address, "
                                "localhost, its host name, a name that /etc/hosts gives to it, or "
                                "a name below lab.test");
}

std::string own_host_name() {
  std::array<char, 256> name{};  // HOST_NAME_MAX is 64
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

}  // namespace portlab::http
