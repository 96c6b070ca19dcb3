BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
CREATE TABLE answer (
	id VARCHAR(80) NOT NULL, 
	request_id VARCHAR(64) NOT NULL, 
	at VARCHAR(40) NOT NULL, 
	expires VARCHAR(40) NOT NULL, 
	"key" VARCHAR(64) NOT NULL, 
	user_hmac VARCHAR(64), 
	policy VARCHAR(10) NOT NULL, 
	made_with JSON NOT NULL, 
	request JSON NOT NULL, 
	finish VARCHAR(20) NOT NULL, 
	prompt_tokens INTEGER NOT NULL, 
	answer_tokens INTEGER NOT NULL, 
	prompt_hmac VARCHAR(64) NOT NULL, 
	answer_hmac VARCHAR(64) NOT NULL, 
	prompt_ids JSON, 
	answer_ids JSON, 
	prompt_text TEXT, 
	answer_text TEXT, 
	PRIMARY KEY (id)
);
CREATE TABLE api_key (
	name VARCHAR(64) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	limits TEXT NOT NULL, 
	source TEXT NOT NULL, 
	created VARCHAR(40) NOT NULL, 
	revoked VARCHAR(40), 
	last_used VARCHAR(40), 
	failed INTEGER NOT NULL, 
	PRIMARY KEY (name), 
	UNIQUE (sha256)
);
CREATE TABLE policy (
	name VARCHAR(64) NOT NULL, 
	records VARCHAR(10) NOT NULL, 
	retention_days INTEGER NOT NULL, 
	safety JSON, 
	PRIMARY KEY (name)
);
CREATE TABLE prompt (
	id VARCHAR(32) NOT NULL, 
	title VARCHAR(200) NOT NULL, 
	body JSON NOT NULL, 
	created VARCHAR(40) NOT NULL, 
	updated VARCHAR(40) NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "prompt" VALUES('1efcd24db36a42d8a367116532170832','옛날이야기','{"draft": {"mode": "completion", "prompt": "\n\uc61b\ub0a0 \uc61b\uc801 \uae4a\uc740 \uc0b0\uc18d\uc5d0\n\ub098\ubb34\uafbc\uc774", "system": "", "turns": []}, "sampling": {"temperature": 0.8, "top_p": 0.95, "top_k": null, "repetition_penalty": 1.1, "max_tokens": 128, "seed": null, "stops": "\ub05d\\n", "probabilities": false}}','2026-11-30T14:52:36.865828Z','2026-11-30T14:52:36.865828Z');
INSERT INTO "prompt" VALUES('9979c4aae2ee4189a499e459caa734b9','상담 👋','{"draft": {"mode": "chat", "prompt": "", "system": "\uce5c\uc808\ud558\uac8c \ub2f5\ud574\uc694.", "turns": [{"id": 1, "role": "user", "text": "\u1112\u116a\u11ab\u1107\u116e\u11af\u1103\u116c\u1102\u1161\u110b\u116d?"}, {"id": 2, "role": "assistant", "text": "\ub124."}]}, "sampling": {"temperature": 0.8, "top_p": 0.95, "top_k": null, "repetition_penalty": 1.1, "max_tokens": 128, "seed": null, "stops": "\ub05d\\n", "probabilities": false}}','2026-11-30T14:52:36.886530Z','2026-11-30T14:52:36.886530Z');
INSERT INTO "prompt" VALUES('284254f6faa44aa6adbe15e657134b44','옛날이야기','{"messages": [{"role": "user", "content": "\ub2e4\ub978 \ud504\ub85c\uadf8\ub7a8\uc774 \uc4f4 \uac83"}], "x": [1, null, {"y": "\u6f22\u5b57"}]}','2026-11-30T14:52:36.891748Z','2026-11-30T14:52:36.891748Z');
INSERT INTO "prompt" VALUES('0f593be714c044a5b1f295751aabd2b7','빈 것','{}','2026-11-30T14:52:36.902558Z','2026-11-30T14:52:36.902558Z');
CREATE TABLE request (
	id VARCHAR(80) NOT NULL, 
	request_id VARCHAR(64) NOT NULL, 
	at VARCHAR(40) NOT NULL, 
	expires VARCHAR(40) NOT NULL, 
	"key" VARCHAR(64) NOT NULL, 
	user_hmac VARCHAR(64), 
	policy VARCHAR(10) NOT NULL, 
	route VARCHAR(80) NOT NULL, 
	model TEXT NOT NULL, 
	status INTEGER NOT NULL, 
	code VARCHAR(64) NOT NULL, 
	prompt_tokens INTEGER NOT NULL, 
	answer_tokens INTEGER NOT NULL, 
	ms FLOAT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE usage (
	"key" VARCHAR(64) NOT NULL, 
	month VARCHAR(7) NOT NULL, 
	requests INTEGER NOT NULL, 
	tokens INTEGER NOT NULL, 
	PRIMARY KEY ("key", month)
);
CREATE INDEX ix_prompt_updated ON prompt (updated);
CREATE INDEX ix_answer_request_id ON answer (request_id);
CREATE INDEX ix_answer_expires ON answer (expires);
CREATE INDEX ix_answer_key ON answer ("key");
CREATE INDEX ix_request_request_id ON request (request_id);
CREATE INDEX ix_request_at ON request (at);
CREATE INDEX ix_request_expires ON request (expires);
CREATE INDEX ix_request_key ON request ("key");
CREATE INDEX ix_request_user_hmac ON request (user_hmac);
CREATE INDEX ix_answer_user_hmac ON answer (user_hmac);
COMMIT;
