/* privileges.c: see privileges.h. */
#include "app/privileges.h"
#include "base/durable.h"
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

static uid_t owner_uid;
static gid_t owner_gid;

static int give(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)kind, (void)at;
    return st->st_uid == owner_uid ? 0 : lchown(path, owner_uid, owner_gid);
}

bool privileges_drop(const char *data_dir, struct fault *f)
{
    if (geteuid() != 0) return true;
    struct passwd *user = getpwnam("pennypost");
    if (!user)
        return fault_operator(f, "started as root, but there is no user \"pennypost\" to become; make one: useradd --system "
                                 "--user-group --shell /usr/sbin/nologin pennypost");
    if (!make_dirs(data_dir, 0750, f)) return false;
    owner_uid = user->pw_uid, owner_gid = user->pw_gid;
    if (nftw(data_dir, give, 16, FTW_PHYS) != 0)
        return fault_errno(f, "the folder %s cannot be given to the user pennypost", data_dir);
    if (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)
        return fault_errno(f, "the user pennypost cannot be become");
    prctl(PR_SET_DUMPABLE, 1); /* /proc/self stays ours to read: the press looks at its children's memory */
    int fd = open(data_dir, O_RDONLY | O_DIRECTORY);
    if (fd < 0 || access(data_dir, R_OK | W_OK | X_OK) != 0) {
        if (fd >= 0) close(fd);
        return fault_operator(f, "the user pennypost cannot reach %s; choose a folder that he can reach with --data", data_dir);
    }
    close(fd);
    return true;
}
