#pragma once
// The body of /api/sessions. Making it costs as much as the session table is long, and a slow
// reader keeps it: so a long one is made once a second at most, shared by all who ask, and few are
// alive at once. A short one is always of this very moment.

#include <array>
#include <chrono>
#include <memory>
#include <mutex>

#include "servers/http/response.hpp"
#include "servers/listener/service.hpp"

namespace portlab::http {

class SessionsPage {
 public:
  /// Up to so many sessions the page is made anew for everybody who asks.
  static constexpr std::size_t short_rows_max = 1'000;
  static constexpr std::chrono::seconds long_page_age_max{1};
  /// Long pages that slow readers may keep in memory.
  static constexpr std::size_t long_pages_max = 8;

  Task<std::shared_ptr<const Representation>> get(const ServerView& tables);

 private:
  using Page = std::shared_ptr<const Representation>;

  Page shared();
  void share(const Page& page);

  std::mutex mutex_;
  Page last_;
  std::chrono::steady_clock::time_point made_;
  std::array<std::weak_ptr<const Representation>, long_pages_max> kept_;
};

/// What a body is that was made for this request: nobody may keep it, or take it for anything else.
std::shared_ptr<Representation> fresh_representation(std::string_view type, std::string content);

}  // namespace portlab::http
