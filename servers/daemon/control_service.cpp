#include "servers/daemon/control_service.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/control_path.hpp"
#include "common/system/file_descriptor.hpp"
#include "common/text.hpp"
#include "servers/daemon/listen_advice.hpp"

namespace portlab {

namespace {

std::string error_line(const std::string& text) { return control_error_line({{text}}); }

std::string error_line(const ListenError& error) {
  ControlError answer{{listen_problem_line(error)}};
  const bool own = error.reason == ListenError::Reason::own_listener;
  if (own || error.reason == ListenError::Reason::system) {
    answer.cause = own ? control_own_listener : ::strerrorname_np(error.error_number);
    answer.endpoint = error.endpoint;
  }
  return control_error_line(answer);
}

class Control final : public StreamService {
 public:
  Control(Core& core, std::uint32_t owner, std::function<ServerStatus()> status,
          std::function<ServerUrls()> urls, std::function<std::string()> authority)
      : core_(core),
        owner_(owner),
        status_(std::move(status)),
        urls_(std::move(urls)),
        authority_(std::move(authority)) {}

  Task<void> serve(Connection& client) override {
    // The mode of the socket file refuses other users. This check holds when the mode was changed.
    const auto user = client.peer_user_id();
    if (!user || (*user != 0 && *user != owner_)) {
      const auto no = error_line("only the owner of this control socket and root may use it");
      co_await client.write(no);
      co_return;
    }
    for (;;) {
      client.start_idle_timeout();
      const auto line = co_await client.read_line(control_request_bytes_max);
      if (!line) co_return;
      if (line->size() > control_request_bytes_max) {
        const auto no = error_line("a request has at most " +
                                   std::to_string(control_request_bytes_max) + " bytes");
        co_await client.write(no);
        co_return;
      }
      const auto reply = co_await answer(client, *line);
      co_await client.write(reply);
    }
  }

 private:
  Task<std::string> answer(Connection& client, std::string_view line) {
    const auto request = parse_control_request(line);
    if (!request) co_return error_line(request.error().text);
    client.note(to_string(request->command));
    switch (request->command) {
      case ControlCommand::listeners:
        co_return control_listeners_line(core_.listeners(), status_().confinement);
      case ControlCommand::sessions: {
        const auto rows = co_await core_.sessions();
        const auto ended = co_await core_.ended_further_connections();
        co_return control_sessions_line(rows, ended);
      }
      case ControlCommand::listen:
        co_return co_await change(&Core::listen, request->argument, "now listening: ");
      case ControlCommand::close:
        co_return co_await change(&Core::close, request->argument,
                                  "closed (its open sessions continue): ");
      case ControlCommand::move:
        co_return co_await move(request->argument);
      case ControlCommand::stop:
        // Before the reply, which fails if the client has closed. It takes effect after the reply.
        core_.stop();
        co_return control_done_line("stopping: open sessions have 5 s to finish");
      case ControlCommand::status:
        co_return control_status_line(status_());
      case ControlCommand::url:
        co_return control_url_line(urls_());
      case ControlCommand::authority: {
        const auto certificate = authority_();
        co_return certificate.empty()
            ? error_line(
                  "this server made no certificate: https listens with --certificate, or "
                  "does not listen")
            : control_authority_line(certificate);
      }
    }
    co_return error_line("this server has no such command");
  }

  Task<std::string> change(Core::Change what, std::string_view argument, std::string_view done) {
    auto spec = parse_listen_spec(argument);
    const auto endpoints = co_await changed(what, std::move(spec));
    if (!endpoints) co_return endpoints.error().text;
    co_return control_done_line(std::string(done) + join(*endpoints, ", ", &Endpoint::to_string),
                                core_.listeners());
  }

  Task<std::string> move(std::string_view argument) {
    const auto before = core_.listeners();
    auto spec = parse_move_spec(argument);
    const auto endpoints = co_await changed(&Core::move, std::move(spec));
    if (!endpoints) co_return endpoints.error().text;
    const auto after = core_.listeners();
    std::vector<Endpoint> closed;
    for (const auto& row : before)
      if (std::ranges::find(after, row.endpoint, &ListenerRow::endpoint) == after.end())
        closed.push_back(row.endpoint);
    const auto now = join(*endpoints, ", ", &Endpoint::to_string);
    co_return control_done_line(
        closed.empty() ? "already there: " + now
                       : "moved: " + join(closed, ", ", &Endpoint::to_string) + " to " + now,
        after);
  }

  /// The endpoints after a change; the error is the line to answer.
  Task<Result<std::vector<Endpoint>>> changed(Core::Change what, Result<ListenSpec> spec) {
    if (!spec) co_return Error{error_line(spec.error().text)};
    if (spec->service == control_service_name)
      co_return Error{
          error_line("the control socket can't be moved or closed while portlabd runs")};
    const auto endpoints = co_await core_.change(what, *spec);
    if (!endpoints) co_return Error{error_line(endpoints.error())};
    co_return *endpoints;
  }

  Core& core_;
  const std::uint32_t owner_;
  const std::function<ServerStatus()> status_;
  const std::function<ServerUrls()> urls_;
  const std::function<std::string()> authority_;
};

/// Changes the owner of a socket file. Only where all its folders are root's: else another user
/// could put another file in its place meanwhile.
bool change_owner(const std::string& path, const User& owner) {
  if (!only_root_can_replace(path)) return false;
  const FileDescriptor socket(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat facts {};
  return socket && ::fstat(socket.get(), &facts) == 0 && S_ISSOCK(facts.st_mode) &&
         ::fchownat(socket.get(), "", owner.id, facts.st_gid, AT_EMPTY_PATH) == 0;
}

}  // namespace

Service make_control_service(Core& core, std::uint32_t owner, std::function<ServerStatus()> status,
                             std::function<ServerUrls()> urls,
                             std::function<std::string()> authority) {
  return {{control_service_name},
          std::make_unique<Control>(core, owner, std::move(status), std::move(urls),
                                    std::move(authority)),
          nullptr,
          true};
}

Result<void> listen_for_control(Core& core, const std::string& path, const User& owner, Log& log) {
  const bool is_own = owner.id == ::geteuid();
  const auto access = is_own ? ControlAccess::this_user : ControlAccess::other_user;
  if (auto folder = prepare_control_folder(path, access); !folder) return folder;
  ListenSpec spec;
  spec.service = control_service_name;
  spec.path = path;
  spec.transport = Transport::local;
  if (const auto opened = core.listen(spec); !opened)
    return Error{listen_advice_line(opened.error())};
  if (!is_own && !change_owner(path, owner))
    log.write("the control socket " + path + " belongs to root: 'portlab server' needs sudo");
  return {};
}

}  // namespace portlab
