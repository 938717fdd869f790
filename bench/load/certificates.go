package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Writes ca.pem, ca-key.pem and ca-both.pem, and leaf.pem, leaf-key.pem and leaf-both.pem for the hosts named as arguments.
func writeCertificates(args []string) error {
	if len(args) < 2 {
		return errors.New("usage: load certificates DIRECTORY HOST...")
	}
	directory, hosts := args[0], args[1:]
	ca := template("bench root")
	ca.IsCA, ca.BasicConstraintsValid, ca.KeyUsage = true, true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
	caKey, err := write(directory, "ca", ca, ca, nil)
	if err != nil {
		return err
	}
	leaf := template(hosts[0])
	leaf.KeyUsage, leaf.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	leaf.DNSNames, leaf.IPAddresses = hosts, []net.IP{net.IPv4(127, 0, 0, 1)}
	_, err = write(directory, "leaf", leaf, ca, caKey)
	return err
}

func template(name string) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(7 * 24 * time.Hour),
	}
}

// Signed by its own key where no signer is given.
func write(directory, name string, certificate, issuer *x509.Certificate, signer *ecdsa.PrivateKey) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	if signer == nil {
		signer = key
	}
	der, err := x509.CreateCertificate(rand.Reader, certificate, issuer, &key.PublicKey, signer)
	if err != nil {
		return nil, err
	}
	keyDer, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	certificatePem := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPem := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDer})
	files := map[string][]byte{name + ".pem": certificatePem, name + "-key.pem": keyPem, name + "-both.pem": append(keyPem, certificatePem...)}
	for file, bytes := range files {
		if err := os.WriteFile(filepath.Join(directory, file), bytes, 0o600); err != nil {
			return nil, err
		}
	}
	return key, nil
}
