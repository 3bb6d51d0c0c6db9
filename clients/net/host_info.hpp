#pragma once
// Properties and settings of this machine, and which process has a port; looked up when called.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "clients/net/socket_row.hpp"
#include "common/endpoint.hpp"
#include "common/system/interfaces.hpp"

namespace portlab {

/// All addresses of the interfaces that are up.
std::vector<InterfaceAddress> own_addresses();

/// Whether ::1 can be used.
bool has_ipv6_loopback();

/// Whether this process is in a private network: a network namespace made by a user, or entered by
/// portlab enter (which sets PORTLAB_PRIVATE; a namespace made by root is detected only by that).
bool is_in_private_network();

/// The lowest port that this process may bind, found by trying. 0: all ports.
std::uint16_t first_port_allowed();

/// The route to an address, as the kernel selects it now. Nothing is sent.
struct Route {
  int error = 0;  ///< an errno: there is no route
  asio::ip::address source;
  std::string interface;  ///< that has the source address; may be empty
};
Route route_to(const asio::ip::address& address);

/// Whether the loopback interface is down, as in a new network namespace.
bool loopback_is_down();
inline constexpr const char* loopback_up_advice = "ip link set lo up";

/// Whether this user could listen on a port now.
enum class Bindable : unsigned char {
  free,
  in_use,     ///< another socket has the port
  forbidden,  ///< the port needs privileges
  unknown,    ///< another error of bind(2)
};

/// "free", "in use", "forbidden", "unknown".
std::string_view to_string(Bindable bindable);

/// Whether this user could listen there now: binds a socket and closes it again.
Bindable try_to_bind(const Endpoint& where);

/// Where all services would find free ports on loopback.
struct RoomForServices {
  std::vector<std::string> taken;      ///< "tcp 80, tcp 21: nginx (pid 4711)"
  std::vector<std::string> forbidden;  ///< "tcp 80"
  bool complete() const { return taken.empty() && forbidden.empty(); }
};
/// Tries the default ports of all services, moved up by `shift`.
RoomForServices room_for_services(std::uint16_t shift);

/// The path of a program in the folder of this one, or in $PATH; empty if there is none.
std::string program_beside_us(const std::string& name);
std::string program_in_path(const std::string& name);
/// The advice where portlabd is not beside this program.
inline constexpr const char* portlabd_missing_advice =
    "./labs/start builds both programs, and the package portlab contains both";

/// The process that listens on this port, or else uses it: "python3 (pid 4711)". Empty when no
/// process has it (TIME_WAIT), or when /proc hides it from this user.
std::string port_owner(Transport transport, std::uint16_t port);

/// The same for one socket.
std::string socket_owner(const SocketRow& socket);

}  // namespace portlab
