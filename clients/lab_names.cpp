// Names below lab.test, asked of the lab's DNS server.

#include "clients/failure.hpp"
#include "clients/resolve.hpp"

namespace portlab {

std::vector<asio::ip::address> resolve_lab_name(const std::string& name, const ClientOptions&) {
  throw Failure(Exit::no_connection, name + ": this portlab has no DNS client yet",
                "an address instead of the name");
}

std::vector<ServiceLocation> find_service(const std::string& srv_name, const ClientOptions&) {
  throw Failure(Exit::no_connection, srv_name + ": this portlab has no DNS client yet",
                "the port, written behind the name");
}

}  // namespace portlab
