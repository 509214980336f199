# Fills a template: {{NAME}} becomes the variable of that name; lines between `#if NAME`, `#else` and `#endif` stay
# where it is set, or is not.
/^#if / { skipping = ENVIRON[$2] == ""; next }
/^#else$/ { skipping = !skipping; next }
/^#endif$/ { skipping = 0; next }
skipping { next }
{
    line = ""
    rest = $0
    while (match(rest, /[{][{][A-Z0-9_]+[}][}]/)) {
        line = line substr(rest, 1, RSTART - 1) ENVIRON[substr(rest, RSTART + 2, RLENGTH - 4)]
        rest = substr(rest, RSTART + RLENGTH)
    }
    print line rest
}
