#!/bin/sh
# Write the passwords of the two accounts of .env into the broker's password file; other accounts in it stay.
set -eu
file="${ACCOUNTS_FILE:-/mosquitto/accounts/passwords}"
umask 077
[ -e "$file" ] || : > "$file"
mosquitto_passwd -b "$file" campus "$BROKER_PASSWORD"
mosquitto_passwd -b "$file" gateway "$GATEWAY_PASSWORD"
# The broker gives root's rights up before it reads the file.
[ "$(id -u)" -ne 0 ] || chown mosquitto: "$file"
