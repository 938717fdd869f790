{{- define "postern.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "postern.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains (include "postern.name" .) .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "postern.name" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* A name that is still one when the longest full name stands before it. */}}
{{- define "postern.authority" -}}
{{- printf "%s-authority" (include "postern.fullname" . | trunc 53 | trimSuffix "-") -}}
{{- end -}}

{{- define "postern.selector" -}}
app.kubernetes.io/name: {{ include "postern.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "postern.labels" -}}
{{ include "postern.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "postern.policies" -}}
{{- default (printf "%s-policies" (include "postern.fullname" .)) .Values.existingPoliciesConfigMap -}}
{{- end -}}

{{/* What every container of ours may do: nothing but run. */}}
{{- define "postern.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: { drop: [ALL] }
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{/* Postern's container, the same in both modes. ConfigMaps and Secrets are mounted as directories: only so do changes arrive. */}}
{{- define "postern.container" -}}
name: postern
image: {{ printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args: [start, --config, /etc/postern/config/postern.yaml]
{{- with .Values.secretEnv }}
env:
  {{- range . }}
  - name: {{ .name }}
    valueFrom: { secretKeyRef: { name: {{ .secretName }}, key: {{ .key }} } }
  {{- end }}
{{- end }}
ports:
  - { name: proxy, containerPort: 8080 }
  - { name: operations, containerPort: 9090 }
  {{- if .Values.config.authority }}
  - { name: authority, containerPort: 8444 }
  {{- end }}
{{- /* A sidecar's start-up is waited for before the agent is started. */}}
startupProbe:
  httpGet: { path: /readyz, port: operations }
  periodSeconds: 1
  failureThreshold: 60
readinessProbe:
  httpGet: { path: /readyz, port: operations }
  periodSeconds: 5
livenessProbe:
  httpGet: { path: /healthz, port: operations }
  periodSeconds: 10
  timeoutSeconds: 3
securityContext:
  {{- include "postern.containerSecurity" . | nindent 2 }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
volumeMounts:
  - { name: config, mountPath: /etc/postern/config, readOnly: true }
  - { name: policies, mountPath: /etc/postern/policies, readOnly: true }
  - { name: state, mountPath: /var/lib/postern }
  - { name: trust, mountPath: /run/postern }
  {{- if .Values.tls.secretName }}
  - { name: tls, mountPath: /etc/postern/tls, readOnly: true }
  {{- end }}
  {{- if .Values.authority.tlsSecretName }}
  - { name: authority-tls, mountPath: /etc/postern/authority-tls, readOnly: true }
  {{- end }}
  {{- range $name, $secret := .Values.secretFiles }}
  - { name: secret-{{ $name }}, mountPath: /etc/postern/secrets/{{ $name }}, readOnly: true }
  {{- end }}
{{- end -}}

{{/* The agent's container with what points it at Postern. It sees the bundle, and none of Postern's keys. */}}
{{- define "postern.agentContainer" -}}
{{- $bundle := "/run/postern/bundle.pem" -}}
{{- $proxy := "http://127.0.0.1:8080" -}}
{{- $ours := list -}}
{{- range $name := list "HTTPS_PROXY" "https_proxy" -}}
{{- $ours = append $ours (dict "name" $name "value" $proxy) -}}
{{- end -}}
{{- $ours = append $ours (dict "name" "NODE_USE_ENV_PROXY" "value" "1") -}}
{{- range $name := list "NODE_EXTRA_CA_CERTS" "SSL_CERT_FILE" "CURL_CA_BUNDLE" "REQUESTS_CA_BUNDLE" "GIT_SSL_CAINFO" -}}
{{- $ours = append $ours (dict "name" $name "value" $bundle) -}}
{{- end -}}
{{- $mounts := append (default (list) .Values.agent.container.volumeMounts) (dict "name" "trust" "mountPath" "/run/postern" "readOnly" true) -}}
{{- $env := concat $ours (default (list) .Values.agent.container.env) -}}
{{- toYaml (merge (dict "env" $env "volumeMounts" $mounts) .Values.agent.container) -}}
{{- end -}}
