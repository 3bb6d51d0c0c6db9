#pragma once
// The state of one FTP session between two commands, and the reply to a command. There is no socket
// here: a command handler is a function from an FtpSession and an argument to a Reply. The control
// connection sends the replies and does the transfers.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/endpoint.hpp"
#include "common/ftp/mlst_facts.hpp"
#include "servers/listener/open_file.hpp"
#include "servers/site/site.hpp"

namespace portlab::ftp::server {

/// A file to send: its bytes unchanged (TYPE I), or with CRLF for each LF (TYPE A).
struct FileTransfer {
  File file;
  ByteRange range;
  bool as_text = false;
};

/// What a command sends over the data connection: a file, or a complete list.
using Transfer = std::variant<FileTransfer, std::string>;

/// The reply to a command. If there is a transfer, it follows this reply, and a second reply (226,
/// 425, 426 or 451) follows the transfer.
struct Reply {
  int code = 0;
  std::string text;  ///< lines are separated by LF
  std::optional<Transfer> transfer = std::nullopt;
  bool closes = false;  ///< the server closes the control connection after this reply
};

/// The listening port of PASV and EPSV. The implementation owns the socket.
class PassivePort {
 public:
  virtual ~PassivePort() = default;
  /// Closes the previous port and opens a new one; nullopt if the system has no free port.
  virtual std::optional<Endpoint> open() = 0;
  virtual void close() = 0;
};

/// How the next data connection is made.
struct NoDataPort {};      ///< not chosen yet
struct Passive {};         ///< the client connects to the server (PASV, EPSV)
struct Active {            ///< the server connects to the client (PORT, EPRT)
  std::uint16_t port = 0;  ///< at the address of the control connection's client, never another
};
using DataPort = std::variant<NoDataPort, Passive, Active>;

enum class Login : std::uint8_t { none, name_given, done };

/// After so many refused logins the server closes the control connection (RFC 2577 section 5).
inline constexpr int logins_refused_max = 5;

struct FtpSession {
  /// All four must outlive the session. They are references, so that an idle session needs little
  /// memory.
  FtpSession(const SharedSite& shared, const Endpoint& local_end, const Endpoint& remote_end,
             PassivePort& passive_port)
      : site(shared), local(local_end), remote(remote_end), passive(passive_port) {}

  const SharedSite& site;
  const Endpoint& local;   ///< the server's end of the control connection
  const Endpoint& remote;  ///< the client's end
  PassivePort& passive;

  Login login = Login::none;
  int logins_refused = 0;  ///< REIN does not reset this, or it would allow new attempts
  DataPort data = NoDataPort{};
  bool epsv_only = false;  ///< after EPSV ALL

  std::string directory = "/";  ///< the working directory: absolute, no "/" at the end except "/"
  bool as_text = true;          ///< TYPE A, the default of RFC 959 section 5.1; else TYPE I
  std::uint64_t restart_offset = 0;
  FactChoice facts = {};
  std::string_view transfer;  ///< the running transfer, for STAT: "RETR hello.txt"; or empty

  /// The absolute path of a command's argument. A "/" at its end is kept: it requires a directory.
  std::string path_of(std::string_view argument) const {
    if (argument.starts_with('/')) return std::string(argument);
    return directory + "/" + std::string(argument);
  }

  /// Forgets PORT and PASV, and closes the passive port.
  void reset_data_port() {
    passive.close();
    data = NoDataPort{};
  }

  /// Back to the state before USER, except for the count of refused logins (REIN).
  void reset() {
    reset_data_port();
    login = Login::none;
    epsv_only = false;
    directory = "/";
    as_text = true;
    restart_offset = 0;
    facts = {};
  }
};

}  // namespace portlab::ftp::server
