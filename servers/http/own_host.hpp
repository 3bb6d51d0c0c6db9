#pragma once
// Whether a request is meant for this machine. In DNS rebinding, the name of a foreign site gets
// the address of this machine. A page of that site then sends requests to this server through the
// user's browser, and could read what only this machine's user should see. But the browser sends
// the name of that site as the Host.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/net.hpp"
#include "servers/http/http_response.hpp"
#include "servers/http/request.hpp"

namespace portlab::http {

/// The names of this machine: addresses, localhost, all names below lab.test, the host name, and
/// those that hosts(5) gives to an address of this machine. Only who administers this machine writes
/// that file, and a browser on it asks no DNS for a name that is there.
class OwnNames {
 public:
  /// Entries of the file that are kept; some files list thousands of names to block them.
  static constexpr std::size_t entries_max = 1000;

  /// `host_name`: of gethostname(2). `hosts_file`: the text of /etc/hosts.
  OwnNames(std::string host_name, std::string_view hosts_file);
  /// Reads both. To be called before the process restricts its access to files.
  static OwnNames read();

  /// Whether the value of a Host field is one of them, with or without a port. The host name also
  /// counts without its domain, and with .local behind it.
  bool contain(std::string_view host) const;

 private:
  struct Entry {
    std::string name;
    asio::ip::address address;
  };

  std::string host_name_;
  std::vector<Entry> entries_;
};

/// 421 (RFC 9110 section 15.5.20) where the request's Host names another machine. Without a Host
/// (HTTP/1.0) there is no error: browsers always send one.
std::optional<Response> misdirection(const Request& request, const OwnNames& names);

/// The name of this machine (gethostname(2)).
std::string own_host_name();

}  // namespace portlab::http
