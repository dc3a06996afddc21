/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What backstopd must not be: a program that forks, and whose child loses memory, reads past its end, or, told
 * "well", does neither. test_watched.py sees to it that watched.py notices.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *volatile kept;

static int child(const char *fault)
{
    kept = calloc(1, 10);
    if (!kept)
        return 1;
    if (strcmp(fault, "reads") == 0)
        printf("%d", *(volatile char *)(kept + 10));
    if (strcmp(fault, "loses") != 0)
        free(kept);
    kept = NULL;
    return 0;
}

int main(int argc, char **argv)
{
    pid_t pid = fork();
    if (pid == 0)
        return child(argc > 1 ? argv[1] : "well");
    return pid > 0 && waitpid(pid, NULL, 0) == pid ? 0 : 1;
}
