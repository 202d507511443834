#!/bin/sh
# Make the broker's certificate by a certificate authority of our own, unless there is one: put your own server.crt and
# server.key there instead if you have them. Gateways are given ca.crt, by which they know the broker.
set -eu
folder="${TLS_FOLDER:-/mosquitto/tls}"
days=3650 # a gateway in a cellar is not visited every year
umask 077
cd "$folder"
key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
if [ ! -e server.crt ]; then
    case "$BROKER_NAME" in
        *[!0-9.]*) names="DNS:$BROKER_NAME" ;;
        *) names="IP:$BROKER_NAME" ;;
    esac
    # The authority is kept where there is one: gateways that know it need no new file.
    [ -e ca.crt ] || openssl req -x509 $key -days "$days" -subj "/CN=campus broker CA" \
        -addext "keyUsage=critical,keyCertSign,cRLSign" -keyout ca.key -out ca.crt
    openssl req $key -subj "/CN=$BROKER_NAME" -keyout server.key -out server.csr
    printf 'subjectAltName=%s\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n' "$names" > server.ext
    openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days "$days" \
        -extfile server.ext -out server.crt
    rm -f server.csr server.ext
    chmod 644 ca.crt server.crt
fi
# The broker gives root's rights up before it reads the key; here its account may have no name.
[ "$(id -u)" -ne 0 ] || chown "${BROKER_UID:-1883}" server.crt server.key
