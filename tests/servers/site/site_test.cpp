#include "servers/site/site.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "servers/site/open_beneath.hpp"

using namespace portlab;
namespace fs = std::filesystem;

namespace {

std::string to_string(SiteError error) {
  switch (error) {
    case SiteError::not_found:
      return "not found";
    case SiteError::forbidden:
      return "forbidden";
    case SiteError::not_directory:
      return "not a folder";
    case SiteError::unavailable:
      return "unavailable";
  }
  return "unknown";
}

/// A site beside a secret that it must never show.
struct Fixture {
  fs::path top;
  fs::path root;

  Fixture() {
    std::string pattern = (fs::temp_directory_path() / "portlab-site-XXXXXX").string();
    top = ::mkdtemp(pattern.data());
    root = top / "root";
    fs::create_directories(root / "docs" / "deep");
    write(root / "hello.txt", "hello\n");
    write(root / "docs" / "one.txt", "one\n");
    write(root / "docs" / ".hidden", "hidden\n");
    write(top / "secret.txt", "secret\n");
  }
  ~Fixture() { fs::remove_all(top); }

  static void write(const fs::path& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
  }

  /// What a path leads to, in one word: the file's content, "folder", or the error's name.
  std::string seen(std::string_view path) const {
    const Site site(root);
    const auto opened = site.open(path);
    if (!opened) return to_string(opened.error());
    if (opened->entry.kind == SiteEntry::Kind::directory) return "folder";
    std::string text(opened->entry.size, '\0');
    const auto got = ::pread(opened->file.descriptor(), text.data(), text.size(), 0);
    BOOST_TEST(got == static_cast<ssize_t>(text.size()));
    return text;
  }
};

/// From now on openat2(2) fails with ENOSYS, as in a service of systemd with DynamicUser.
bool hide_openat2() {
  sock_filter code[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
                        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
                        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog program{std::size(code), code};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

void check(const Fixture& site, std::string_view path, std::string_view expected) {
  BOOST_TEST(site.seen(path) == expected,
             path << ": " << site.seen(path) << ", expected: " << expected);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(site, Fixture)

BOOST_AUTO_TEST_CASE(files_and_folders_are_opened) {
  check(*this, "/hello.txt", "hello\n");
  check(*this, "hello.txt", "hello\n");
  check(*this, "docs/one.txt", "one\n");
  check(*this, "//docs///one.txt", "one\n");
  check(*this, "", "folder");
  check(*this, "/", "folder");
  check(*this, "/docs", "folder");
  check(*this, "/docs/", "folder");
  check(*this, "/docs/.", "folder");
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_not_found) {
  check(*this, "/absent", "not found");
  check(*this, "/absent/one.txt", "not found");
  check(*this, "/hello.txt/", "not a folder");
  check(*this, "/hello.txt/.", "not a folder");
  check(*this, "/hello.txt/more", "not a folder");
  check(*this, std::string_view("hello.txt\0.png", 14), "not found");
  check(*this, std::string(300, 'x'), "not found");
  check(*this, std::string(5000, '/') + std::string(5000, 'x'), "not found");
}

BOOST_AUTO_TEST_CASE(dot_segments_never_leave_the_site) {
  check(*this, "/../secret.txt", "not found");
  check(*this, "../../../../../etc/passwd", "not found");
  check(*this, "/docs/../../secret.txt", "not found");
  check(*this, "/docs/../hello.txt", "hello\n");
  check(*this, "/..", "folder");
  BOOST_TEST(normal_path("/docs//../hello.txt") == "hello.txt");
  BOOST_TEST(normal_path("a/./b/../../..") == "");
  BOOST_TEST(normal_path("/...") == "...");
}

BOOST_AUTO_TEST_CASE(links_that_stay_inside_are_followed) {
  fs::create_symlink("hello.txt", root / "link");
  fs::create_symlink("docs", root / "papers");
  fs::create_symlink("../hello.txt", root / "docs" / "up");
  fs::create_symlink("../docs/../docs/one.txt", root / "docs" / "winding");
  check(*this, "/link", "hello\n");
  check(*this, "/papers/one.txt", "one\n");
  check(*this, "/docs/up", "hello\n");
  check(*this, "/papers/winding", "one\n");
}

BOOST_AUTO_TEST_CASE(links_that_lead_out_are_forbidden) {
  fs::create_symlink("../secret.txt", root / "out");
  fs::create_symlink("..", root / "parent");
  fs::create_symlink("/etc", root / "etc");
  fs::create_symlink(root / "hello.txt", root / "absolute");
  fs::create_symlink("docs/../../root/hello.txt", root / "out_and_in");
  fs::create_symlink("/proc/self/root", root / "magic");
  check(*this, "/out", "forbidden");
  check(*this, "/parent/secret.txt", "forbidden");
  check(*this, "/etc/passwd", "forbidden");
  check(*this, "/absolute", "forbidden");
  check(*this, "/out_and_in", "forbidden");
  check(*this, "/magic/etc/passwd", "forbidden");
}

BOOST_AUTO_TEST_CASE(links_in_a_circle_are_forbidden) {
  fs::create_symlink("b", root / "a");
  fs::create_symlink("a", root / "b");
  check(*this, "/a", "forbidden");
  fs::create_symlink("absent", root / "dangling");
  check(*this, "/dangling", "not found");
}

BOOST_AUTO_TEST_CASE(a_path_may_lead_through_forty_links_and_no_more) {
  fs::create_symlink("hello.txt", root / "link1");
  for (int i = 2; i <= 41; ++i)
    fs::create_symlink("link" + std::to_string(i - 1), root / ("link" + std::to_string(i)));
  check(*this, "link39", "hello\n");
  check(*this, "link40", "hello\n");
  check(*this, "link41", "forbidden");
}

BOOST_AUTO_TEST_CASE(without_openat2_files_are_found_and_no_link_is_followed) {
  fs::create_symlink("hello.txt", root / "link");
  fs::create_symlink("..", root / "parent");
  const FileDescriptor folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const auto error_of = [&](const std::string& path, int flags = O_RDONLY) {
    const FileDescriptor opened(open_without_links(folder.get(), path, flags));
    return opened ? 0 : errno;
  };
  BOOST_TEST(error_of("docs/one.txt") == 0);
  BOOST_TEST(error_of("docs/deep", O_RDONLY | O_DIRECTORY) == 0);
  BOOST_TEST(error_of("", O_RDONLY | O_DIRECTORY) == 0);
  BOOST_TEST(error_of("docs/absent") == ENOENT);
  BOOST_TEST(error_of("absent/one.txt") == ENOENT);
  BOOST_TEST(error_of("hello.txt/more") == ENOTDIR);
  BOOST_TEST(error_of("link") == ELOOP);
  BOOST_TEST(error_of("parent/secret.txt") == ENOTDIR);
}

BOOST_AUTO_TEST_CASE(a_site_works_where_seccomp_hides_openat2) {
  const pid_t child = ::fork();  // a filter can't be removed
  if (child == 0) {
    const bool serves = hide_openat2() && Site(root).open("docs/one.txt").has_value() &&
                        Site(root).list("docs").has_value();
    ::_exit(serves ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_CASE(hidden_names_are_not_found) {
  check(*this, "/docs/.hidden", "not found");
  fs::create_directories(root / ".git");
  write(root / ".git" / "config", "x");
  check(*this, "/.git/config", "not found");
}

BOOST_AUTO_TEST_CASE(a_pipe_is_forbidden_and_opening_it_never_blocks) {
  BOOST_REQUIRE(::mkfifo((root / "pipe").c_str(), 0600) == 0);
  check(*this, "/pipe", "forbidden");
  const int listening = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  (root / "socket").string().copy(address.sun_path, sizeof address.sun_path - 1);
  BOOST_REQUIRE(::bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  check(*this, "/socket", "forbidden");
  ::close(listening);
  if (::mknod((root / "device").c_str(), S_IFCHR | 0600, 1 << 8 | 5) == 0)
    check(*this, "/device", "forbidden");
}

BOOST_AUTO_TEST_CASE(a_folder_is_listed_by_name_without_what_cannot_be_read) {
  fs::create_symlink("../secret.txt", root / "docs" / "out");
  fs::create_symlink("one.txt", root / "docs" / "again.txt");
  fs::create_symlink("absent", root / "docs" / "dangling");
  BOOST_REQUIRE(::mkfifo((root / "docs" / "pipe").c_str(), 0600) == 0);
  const Site site(root);
  const auto entries = site.list("/docs").value();
  BOOST_REQUIRE(entries.size() == 3U);
  BOOST_TEST(entries[0].name == "again.txt");
  BOOST_TEST(entries[0].size == 4U);
  BOOST_TEST(entries[1].name == "deep");
  BOOST_TEST((entries[1].kind == SiteEntry::Kind::directory));
  BOOST_TEST(entries[2].name == "one.txt");
  BOOST_TEST(to_string(site.list("/hello.txt").error()) == "not a folder");
  BOOST_TEST(to_string(site.list("/absent").error()) == "not found");
  BOOST_TEST(to_string(site.list("/docs/.hidden").error()) == "not found");
}

BOOST_AUTO_TEST_CASE(a_huge_folder_is_listed_up_to_the_limit) {
  for (std::size_t i = 0; i < Site::entries_max + 1; ++i)
    BOOST_REQUIRE(::mknodat(AT_FDCWD, (root / "docs/deep" / std::to_string(i)).c_str(),
                            S_IFREG | 0600, 0) == 0);
  const Site site(root);
  BOOST_TEST(site.list("/docs/deep").value().size() == Site::entries_max);
  fs::remove(root / "docs/deep/0");
  BOOST_TEST(site.list("/docs/deep").value().size() == Site::entries_max);
  fs::remove(root / "docs/deep/1");
  BOOST_TEST(site.list("/docs/deep").value().size() == Site::entries_max - 1);
}

BOOST_AUTO_TEST_CASE(a_shortage_of_descriptors_is_unavailable_for_as_long_as_it_lasts) {
  const Site site(root);
  rlimit before = {};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const int next = ::dup(0);
  ::close(next);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(next);
  ::setrlimit(RLIMIT_NOFILE, &none);
  const auto refused = site.open("/hello.txt");
  const auto unlisted = site.list("/");
  ::setrlimit(RLIMIT_NOFILE, &before);
  BOOST_REQUIRE(refused.has_error());
  BOOST_TEST(to_string(refused.error()) == "unavailable");
  BOOST_TEST(to_string(unlisted.error()) == "unavailable");
  BOOST_TEST(site.open("/hello.txt").has_value());
}

BOOST_AUTO_TEST_CASE(peek_notices_every_change) {
  const Site site(root);
  const auto before = site.peek("/hello.txt");
  BOOST_REQUIRE(before.has_value());
  BOOST_TEST((site.peek("hello.txt") == before));
  BOOST_TEST((site.open("hello.txt")->entry == *before));
  write(root / "new", "hello\n");
  fs::rename(root / "new", root / "hello.txt");
  BOOST_TEST((site.peek("/hello.txt") != before));
  fs::remove(root / "hello.txt");
  BOOST_TEST(!site.peek("/hello.txt").has_value());
}

BOOST_AUTO_TEST_CASE(a_root_that_is_no_folder_is_an_error_that_names_the_option) {
  const auto complains = [](const std::runtime_error& error) {
    const std::string_view text = error.what();
    return text.starts_with("root ") && text.find("--root DIR") != std::string_view::npos;
  };
  BOOST_CHECK_EXCEPTION(Site(root / "absent"), std::runtime_error, complains);
  BOOST_CHECK_EXCEPTION(Site(root / "hello.txt"), std::runtime_error, complains);
}

BOOST_AUTO_TEST_CASE(a_replaced_site_stays_usable_for_its_holders) {
  SharedSite shared(std::make_shared<const Site>(root));
  const auto old = shared.get();
  shared.replace(std::make_shared<const Site>(root / "docs"));
  BOOST_TEST(old->open("/hello.txt").has_value());
  BOOST_TEST(shared.get()->open("/one.txt").has_value());
  BOOST_TEST(!shared.get()->open("/hello.txt").has_value());
}

BOOST_AUTO_TEST_CASE(a_folder_swapped_for_a_link_never_shows_the_secret) {
  // While one thread swaps a folder for a link that leads out, the other asks for the file in it.
  fs::create_directories(root / "real");
  write(root / "real" / "secret.txt", "harmless\n");
  fs::create_symlink("..", root / "trap");
  std::atomic<bool> done = false;
  std::thread swapper([&] {
    while (!done)
      ::renameat2(AT_FDCWD, (root / "real").c_str(), AT_FDCWD, (root / "trap").c_str(),
                  RENAME_EXCHANGE);
  });
  for (int i = 0; i < 4000; ++i) BOOST_REQUIRE(seen("/real/secret.txt") != "secret\n");
  done = true;
  swapper.join();
}

BOOST_AUTO_TEST_SUITE_END()
