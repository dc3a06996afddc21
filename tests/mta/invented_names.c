/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded into Exim and Sendmail when they are run from where they were unpacked. Exim ends at once where its
 * account Debian-exim does not exist, and Sendmail waits a minute where the machine's name has no dot. Neither can
 * be told otherwise, so here the machine is called mail.example.com, and Debian-exim is another name of the
 * account "news", which every Debian system has and nothing uses. Sendmail also asks DNS for the machine's name before
 * it reads that it must not ask: here no host has an address but those that are written as one.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *account(const char *name)
{
    return strcmp(name, "Debian-exim") == 0 ? "news" : name;
}

int gethostname(char *name, size_t size)
{
    snprintf(name, size, "mail.example.com");
    return 0;
}

struct passwd *getpwnam(const char *name)
{
    struct passwd *(*real)(const char *) = (struct passwd * (*)(const char *)) dlsym(RTLD_NEXT, "getpwnam");
    return real(account(name));
}

struct group *getgrnam(const char *name)
{
    struct group *(*real)(const char *) = (struct group * (*)(const char *)) dlsym(RTLD_NEXT, "getgrnam");
    return real(account(name));
}

struct hostent *gethostbyname2(const char *name, int family)
{
    struct hostent *(*real)(const char *, int) =
        (struct hostent * (*)(const char *, int)) dlsym(RTLD_NEXT, "gethostbyname2");
    unsigned char address[16];
    if (inet_pton(family, name, address) == 1)
        return real(name, family);
    h_errno = HOST_NOT_FOUND;
    return NULL;
}

int res_search(const char *name, int class, int type, unsigned char *answer, int size)
{
    (void)name;
    (void)class;
    (void)type;
    (void)answer;
    (void)size;
    h_errno = HOST_NOT_FOUND;
    return -1;
}
