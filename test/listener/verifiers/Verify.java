import java.io.FileInputStream;
import java.net.Socket;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** Arguments: roots.pem port host … ; prints "accepted" or "refused" for each host. */
public class Verify {
  public static void main(String[] args) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    int count = 0;
    try (FileInputStream in = new FileInputStream(args[0])) {
      for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(in)) store.setCertificateEntry("root" + count++, one);
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    int port = Integer.parseInt(args[1]);
    for (int at = 2; at < args.length; at++) System.out.println(verify(context, args[at], port));
  }

  static String verify(SSLContext context, String host, int port) throws Exception {
    SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(new Socket("127.0.0.1", port), host, port, true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    try {
      socket.startHandshake();
      return "accepted";
    } catch (javax.net.ssl.SSLException refused) {
      return "refused";
    } finally {
      socket.close();
    }
  }
}
