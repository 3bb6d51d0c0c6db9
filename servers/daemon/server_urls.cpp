#include "servers/daemon/server_urls.hpp"

#include <algorithm>

#include "common/endpoint.hpp"

namespace portlab {

namespace {

bool has_url(const ListenerRow& row) {
  return row.endpoint.transport == Transport::tcp &&
         (row.service == "http" || row.service == "https" || row.service == "ftp");
}

bool is_dns(const ListenerRow& row) {
  return row.endpoint.transport == Transport::udp && row.service == "dns";
}

/// The addresses at which clients reach a listener that is bound to `bound`.
std::vector<asio::ip::address> addresses_of(
    const asio::ip::address& bound, const std::vector<InterfaceAddress>& interfaces,
    const std::vector<asio::ip::address>& public_addresses) {
  std::vector<asio::ip::address> all;
  const auto add = [&](const asio::ip::address& address) {
    if (std::find(all.begin(), all.end(), address) == all.end()) all.push_back(address);
  };
  if (!bound.is_loopback())
    for (const auto& address : public_addresses)
      if (address.is_v4() == bound.is_v4()) add(address);
  if (!bound.is_unspecified()) {
    add(bound);
    return all;
  }
  for (const auto& one : interfaces)
    if (one.is_up && one.address.is_v4() == bound.is_v4() && !is_link_local(one.address))
      add(one.address);
  return all;
}

std::string url_of(const ListenerRow& row, const asio::ip::address& address) {
  Endpoint endpoint = row.endpoint;
  endpoint.address = address;
  const std::string host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
  // The default port is left out, as in the address bar of a browser.
  return row.service + "://" +
         (endpoint.port == row.default_port ? host : endpoint.address_and_port()) + "/";
}

}  // namespace

ServerUrls server_urls(const std::vector<ListenerRow>& listeners,
                       const std::vector<InterfaceAddress>& interfaces,
                       const std::vector<asio::ip::address>& public_addresses) {
  ServerUrls found;
  for (const auto& row : listeners) {
    if (!has_url(row) && !is_dns(row)) continue;
    for (const auto& address : addresses_of(row.endpoint.address, interfaces, public_addresses)) {
      auto& to = address.is_loopback() ? found.here : found.others;
      if (has_url(row))
        to.urls.push_back(url_of(row, address));
      else
        to.dns_servers.push_back(
            Endpoint{Transport::udp, address, row.endpoint.port, {}}.address_and_port());
    }
  }
  return found;
}

std::string lines_for_other_machines(const ServerUrls& urls) {
  const auto& others = urls.others;
  const bool has_http = std::any_of(others.urls.begin(), others.urls.end(),
                                    [](const auto& url) { return url.starts_with("http"); });
  std::string lines;
  for (const auto& url : others.urls)  // ftp's only without http: one URL is enough for a class
    if (!has_http || url.starts_with("http")) lines += "On other machines: " + url + "\n";
  if (!others.dns_servers.empty())
    lines += "Names on other machines: export PORTLAB_DNS=" + others.dns_servers.front() + "\n";
  return lines;
}

}  // namespace portlab
