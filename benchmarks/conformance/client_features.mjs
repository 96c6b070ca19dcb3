// What the official JavaScript client does with a server, feature by feature; one line of JSON for each.
//     node client_features.mjs FOLDER_OF_NODE_MODULES URL KEY MODEL
import { createRequire } from "node:module";

const [folder, url, key, model] = process.argv.slice(2);
const require = createRequire(`${folder}/package.json`);
const { OpenAI } = require("openai");
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
const user = [{ role: "user", content: "안녕하세요. 오늘은" }];
const chat = (asked) => client.chat.completions.create({ model, messages: user, max_tokens: 8, ...asked });
const text = (asked) => client.completions.create({ model, max_tokens: 4, ...asked });
const check = (is, told) => { if (!is) throw new Error(told); };

const features = {
  "list of models": async () => check((await client.models.list()).data[0].id === model, "another model"),
  "chat, second turn": async () => {
    const message = (await chat({})).choices[0].message;
    await chat({ messages: [...user, message, ...user] });
  },
  "stream = whole, usage": async () => {
    const whole = (await chat({ temperature: 0 })).choices[0].message.content;
    let said = "", usage = null;
    for await (const chunk of await chat({ temperature: 0, stream: true, stream_options: { include_usage: true } })) {
      said += chunk.choices[0]?.delta?.content ?? "";
      usage = chunk.usage ?? usage;
    }
    check(said === whole && usage.completion_tokens <= 8, `${said} | ${whole}`);
  },
  "log-probabilities": async () => {
    const answer = await chat({ logprobs: true, top_logprobs: 3 });
    check(answer.choices[0].logprobs.content.length === answer.usage.completion_tokens, "entries are missing");
  },
  "echo with scores": async () => {
    const answer = await text({ prompt: "오늘은 날이", max_tokens: 1, echo: true, logprobs: 1, temperature: 0 });
    check(answer.choices[0].logprobs.token_logprobs.length === answer.usage.total_tokens, "entries are missing");
  },
  "JSON schema": async () => {
    const schema = { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"], additionalProperties: false };
    const response_format = { type: "json_schema", json_schema: { name: "a", strict: true, schema } };
    const answer = await chat({ max_tokens: 60, response_format });
    check(typeof JSON.parse(answer.choices[0].message.content).ok === "boolean", "no boolean");
  },
  "n answers": async () => check((await chat({ n: 3 })).choices.length === 3, "not 3"),
  "4 stops": async () => { await chat({ stop: ["\nclass", "\ndef", "\n#", "\nif"] }); },
  "penalties, biases, seed": async () => {
    await chat({ presence_penalty: 0.5, frequency_penalty: 0.5, logit_bias: { 300: -100 }, seed: 3, top_p: 0.9 });
  },
  "list of prompts": async () => check((await text({ prompt: ["오늘은", "내일은"] })).choices.length === 2, "not 2"),
  "prompts as ids": async () => check((await text({ prompt: [[300, 301], [302]] })).choices.length === 2, "not 2"),
  "error names the field": async () => {
    try { await chat({ temperature: 9 }); } catch (error) {
      check(error.status === 400 && error.param === "temperature", `${error}`);
      return;
    }
    throw new Error("no error");
  },
  "request id": async () => check((await chat({}))._request_id, "none"),
  "responses, streamed": async () => {
    const asked = { model, input: user, max_output_tokens: 12, temperature: 0 };
    const whole = (await client.responses.create(asked)).output_text;
    let said = "";
    for await (const each of await client.responses.create({ ...asked, stream: true })) {
      if (each.type === "response.output_text.delta") said += each.delta;
    }
    check(said === whole, `${said} | ${whole}`);
  },
  "embeddings": async () => { await client.embeddings.create({ model, input: "안녕" }); },
};
for (const [feature, work] of Object.entries(features)) {
  let result = "ok";
  try { await work(); } catch (error) { result = `${error}`.slice(0, 200); }
  console.log(JSON.stringify({ feature, result }));
}
