#pragma once
// Names of hosts from files in the format of hosts(5): "server1" for 192.168.1.10. DNS is not asked,
// since its packets would be captured, too.

#include <map>
#include <string>
#include <string_view>

#include "common/endpoint.hpp"

namespace portlab {

class HostNames {
 public:
  /// No names: addresses stay numbers.
  HostNames() = default;
  /// The names in a text in the format of hosts(5).
  explicit HostNames(std::string_view text);
  /// Those in the file $PORTLAB_HOSTS, if it is set (in the office: all its hosts), and in /etc/hosts.
  static HostNames of_this_machine();

  /// The name of the address, without its domain; else the address.
  std::string name(const asio::ip::address& address) const;
  /// "server1:80"; without the port where `with_port` is false.
  std::string text(const Endpoint& endpoint, bool with_port) const;

 private:
  std::map<asio::ip::address, std::string> names_;
};

}  // namespace portlab
