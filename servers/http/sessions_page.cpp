#include "servers/http/sessions_page.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

namespace portlab::http {

std::shared_ptr<Representation> fresh_representation(std::string_view type, std::string content) {
  auto made = std::make_shared<Representation>();
  made->type = type;
  made->cache_control = "no-store";
  made->fields = "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
  made->size = content.size();
  made->content = std::move(content);
  return made;
}

Task<std::shared_ptr<const Representation>> SessionsPage::get(const ServerView& tables) {
  if (auto page = shared()) co_return page;
  const auto rows = co_await tables.sessions();
  boost::json::array all;
  all.reserve(rows.size());
  for (const auto& row : rows) all.push_back(to_json(row));
  Page page = fresh_representation("application/json", boost::json::serialize(all) + "\n");
  if (rows.size() > short_rows_max) share(page);
  co_return page;
}

SessionsPage::Page SessionsPage::shared() {
  const std::lock_guard lock(mutex_);
  if (!last_) return nullptr;
  const bool young = std::chrono::steady_clock::now() - made_ < long_page_age_max;
  const bool crowded =
      std::all_of(kept_.begin(), kept_.end(), [](const auto& kept) { return !kept.expired(); });
  if (young || crowded) return last_;
  last_.reset();
  return nullptr;
}

void SessionsPage::share(const Page& page) {
  const std::lock_guard lock(mutex_);
  last_ = page;
  made_ = std::chrono::steady_clock::now();
  const auto free =
      std::find_if(kept_.begin(), kept_.end(), [](const auto& kept) { return kept.expired(); });
  if (free != kept_.end()) *free = page;
}

}  // namespace portlab::http
