#pragma once
// The newest document about an office, for all viewers of its map. Nothing is looked at where there is
// no viewer: their refresh() drives it.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "common/net.hpp"
#include "common/system/file_descriptor.hpp"

namespace portlab {

class OfficeFeed {
 public:
  using Text = std::shared_ptr<const std::string>;

  /// The time between two looks.
  static constexpr std::chrono::milliseconds look_time{500};

  /// `observer`: the socket of start_office_observer(); none: there is no office.
  OfficeFeed(asio::io_context& io, FileDescriptor observer);

  bool has_office() const { return observer_.is_open(); }
  /// Asks for another look, unless the last one is too recent, or goes on.
  void refresh();
  /// A line of JSON, the same text while nothing changes; null before the first look has ended.
  const Text& newest() const { return newest_; }

 private:
  asio::awaitable<void> look();

  asio::io_context& io_;
  asio::posix::stream_descriptor observer_;
  Text newest_;
  std::chrono::steady_clock::time_point looked_at_{};
  bool looks_ = false;
};

}  // namespace portlab
