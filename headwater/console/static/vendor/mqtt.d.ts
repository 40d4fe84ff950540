declare const mqtt: any;
export default mqtt;
