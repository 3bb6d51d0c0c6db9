#pragma once
// The servers of `portlab office up --with smb,rdp`, from the system's packages: Samba's smbd on pc3,
// and a remote desktop on server1: Xvfb, a display without a screen, with a terminal on it, which
// freerdp-shadow-cli shows to clients of RDP.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "labs/network/office/office_view.hpp"
#include "labs/network/office/running_office.hpp"

namespace portlab::office {

struct ExtraServer {
  std::string_view name;     ///< "smb", for --with
  std::string_view host;     ///< where it runs
  std::uint16_t port = 0;    ///< where it listens at first
  std::string_view program;  ///< which has the port
  std::string_view service;  ///< IANA's name
};

/// All of them.
std::span<const ExtraServer> extra_servers();
/// The one of this name, or with this program; null: there is none.
const ExtraServer* find_extra(std::string_view name);
const ExtraServer* extra_of_program(std::string_view program);
/// The listener of this server; null: it does not run.
const OfficeListener* listener_of(const OfficeView& view, const ExtraServer& server);

/// The name under which a program of FreeRDP is installed: "xfreerdp", or "xfreerdp3", as Debian and
/// Ubuntu call that of version 3; the first of them where none is.
std::string freerdp_program(const std::string& name);

/// Throws a CommandError that names the programs which are missing for these servers, and the
/// packages to install.
void expect_extra_programs(const std::vector<const ExtraServer*>& servers);

/// Starts the server where it does not run, and returns when its port listens. `verbose`: prints its
/// commands on stderr. Moves this process through the networks of the hosts. After
/// join_user_namespace(). Throws a CommandError.
void start_extra(const RunningOffice& office, const ExtraServer& server, bool verbose);

/// Ends the desktop's server, which is at this listener, and starts it at another port. As above.
void move_desktop(const RunningOffice& office, const SocketProgram& running, std::uint16_t port,
                  bool verbose);

/// The size of the desktop, in pixels.
inline constexpr unsigned desktop_width = 1024;
inline constexpr unsigned desktop_height = 768;

}  // namespace portlab::office
