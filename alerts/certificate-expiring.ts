import { certificates } from '../src/triage/probes/certificates.ts';
import { nodeAgent } from '../src/triage/probes/nodeAgent.ts';
import { changes, eventsOf, onHost, pods } from '../src/triage/probes/sets.ts';
import { runbook } from '../src/triage/runbook.ts';

/** Certificates that end soon, ended, or aren't issued. */
export const certificateExpiring = runbook({
  name: 'CertificateExpiring',
  matches: [
    { alertname: /Cert-?[Mm]anager.*/ },
    { alertname: /Kube(?:let|rnetes)?(?:Client|Server)Certificate\w+/ },
    {
      alertname:
        /.*(?:Ssl|SSL|Tls|TLS)?Cert(?:ificate)?(?:s)?\w*(?:Expir|NotReady|WillExpire|Revoked|Ocsp|Probe|Error|Warning).*/,
    },
  ],
  meaning: 'A certificate ends soon, has ended, or its renewal does not come through.',
  impact: 'Before the end nothing. After it browsers, webhooks, kubelets or the API server refuse each other.',
  probes: (subject) => [
    certificates(),
    eventsOf(subject),
    pods(subject),
    ...onHost(subject, (host) => [nodeAgent(host)]),
    changes(subject),
  ],
  checklist: [
    'Which one, and until when? A week is enough time to sleep first.',
    'cert-manager: the Order and Challenge say what the issuer disliked (DNS, HTTP reachability, rate limit).',
    "kubelet: does its certificate rotate? On kubeadm look at 'kubeadm certs check-expiration' too.",
    'k3s renews its own within 90 days of the end at each restart.',
    'Endpoint: it may still serve the old one until a reload.',
  ],
  offers: () => [],
});
