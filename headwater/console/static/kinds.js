/** The kinds of resources: how they are called and drawn. A glyph is the path of a 16 by 16 icon. */

import { html } from "./html.js";

/** @typedef {{title: string, plural: string, service: string, hue: string, glyph: string, rank: number}} Kind */

/** @type {Record<string, Kind>} */
export const KINDS = {
  "AWS::ApiGatewayV2::Api": { title: "HTTP API", plural: "APIs", service: "API Gateway", hue: "violet", rank: 0, glyph: "M2 8h4M10 8h4M6 5v6l4-3z" },
  WebSocketApi: { title: "WebSocket API", plural: "APIs", service: "API Gateway", hue: "violet", rank: 0, glyph: "M2 6h9M8 3l3 3M14 10H5M8 13l-3-3" },
  "AWS::ApiGateway::RestApi": { title: "REST API", plural: "APIs", service: "API Gateway", hue: "violet", rank: 0, glyph: "M2 8h4M10 8h4M6 5v6l4-3z" },
  "AWS::IoT::Broker": { title: "MQTT broker", plural: "MQTT", service: "IoT Core", hue: "green", rank: 0, glyph: "M8 9v4M5.500 7.500a3.500 3.500 0 0 1 5 0M3 5a7 7 0 0 1 10 0" },
  "AWS::IoT::TopicRule": { title: "Topic rule", plural: "Topic rules", service: "IoT Core", hue: "green", rank: 1, glyph: "M2.500 3.500h11L9.500 8v4.500l-3 1V8z" },
  "AWS::Scheduler::Schedule": { title: "Schedule", plural: "Schedules", service: "Scheduler", hue: "pink", rank: 0, glyph: "M8 2.500a5.500 5.500 0 1 0 0 11a5.500 5.500 0 1 0 0-11M8 5v3l2 1.500" },
  "AWS::Pipes::Pipe": { title: "Pipe", plural: "Pipes", service: "Pipes", hue: "pink", rank: 2, glyph: "M2 6h12M2 10h12M4 4v8M12 4v8" },
  "AWS::Events::EventBus": { title: "Event bus", plural: "Event buses", service: "EventBridge", hue: "pink", rank: 1, glyph: "M8 2l6 6-6 6-6-6zM5 8h6" },
  "AWS::Events::Rule": { title: "Rule", plural: "Rules", service: "EventBridge", hue: "pink", rank: 2, glyph: "M2.500 3.500h11L9.500 8v4.500l-3 1V8z" },
  "AWS::Events::Archive": { title: "Archive", plural: "Archives", service: "EventBridge", hue: "pink", rank: 4, glyph: "M2.500 3.500h11v3h-11zM3.500 6.500v6h9v-6M6.500 9h3" },
  "AWS::Events::ApiDestination": { title: "API destination", plural: "API destinations", service: "EventBridge", hue: "pink", rank: 4, glyph: "M2 8h8M7 5l3 3-3 3M13 3v10" },
  "AWS::SNS::Topic": { title: "Topic", plural: "Topics", service: "SNS", hue: "pink", rank: 3, glyph: "M3 8a2 2 0 1 0 4 0a2 2 0 1 0-4 0M7 8h6M10 4l3 4-3 4" },
  "AWS::SQS::Queue": { title: "Queue", plural: "Queues", service: "SQS", hue: "pink", rank: 4, glyph: "M2.500 4.500h3v7h-3zM6.500 4.500h3v7h-3zM10.500 4.500h3v7h-3z" },
  "AWS::Kinesis::Stream": { title: "Stream", plural: "Streams", service: "Kinesis", hue: "violet", rank: 4, glyph: "M2 5c3-2 5 2 8 0s4 0 4 0M2 10c3-2 5 2 8 0s4 0 4 0" },
  "AWS::KinesisFirehose::DeliveryStream": { title: "Delivery stream", plural: "Delivery streams", service: "Firehose", hue: "violet", rank: 4, glyph: "M2 8h9M8 4l4 4-4 4M14 3v10" },
  "AWS::Lambda::Function": { title: "Function", plural: "Functions", service: "Lambda", hue: "orange", rank: 5, glyph: "M4 3h2l5 10h2M7.500 7L4 13" },
  "AWS::StepFunctions::StateMachine": { title: "State machine", plural: "State machines", service: "Step Functions", hue: "pink", rank: 5, glyph: "M6 2.500h4v3H6zM2.500 10.500h4v3h-4zM9.500 10.500h4v3h-4zM8 5.500v2.500M4.500 10.500V8h7v2.500" },
  "AWS::DynamoDB::Table": { title: "Table", plural: "Tables", service: "DynamoDB", hue: "blue", rank: 6, glyph: "M2.500 3.500h11v9h-11zM2.500 6.500h11M2.500 9.500h11M6.500 3.500v9" },
  "AWS::S3::Bucket": { title: "Bucket", plural: "Buckets", service: "S3", hue: "green", rank: 6, glyph: "M2.500 4.500h11l-1.500 9h-8zM2.500 4.500a5.500 2 0 0 1 11 0" },
  stranger: { title: "Elsewhere", plural: "Elsewhere", service: "", hue: "gray", rank: 7, glyph: "M6 6a2 2 0 1 1 2.500 2c-.500.200-.500.500-.500 1M8 11.500v.500" },
};

/** The kind of a resource: a WebSocket API is told by its connections from an HTTP API, which has the same type.
 *  @param {{type: string, counts: Record<string, number>}} resource */
export const kindNamed = ({ type, counts }) => (type === "AWS::ApiGatewayV2::Api" && "clients" in counts ? "WebSocketApi" : type);

/** @param {string} type @returns {Kind} */
export const kindOf = (type) => KINDS[type] || { ...KINDS.stranger, title: type, plural: type };

/** @param {{type: string, size?: number}} props */
export function Glyph({ type, size = 16 }) {
  const kind = kindOf(type);
  return html`<svg class=${"glyph hue-" + kind.hue} width=${size} height=${size} viewBox="0 0 16 16" aria-hidden="true"><path d=${kind.glyph} /></svg>`;
}
