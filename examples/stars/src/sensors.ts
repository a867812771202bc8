/** SAR, optical and height, as the paper's tables abbreviate them. */
export type Sensor = 'S' | 'O' | 'D';

/** What a network is shown, by its sensors: 'S', 'S+O'. */
export type SensorSet = string;

/** Where a sample holds each sensor's image. */
export const roleOf = { S: 'sar', O: 'optical', D: 'dsm' } as const satisfies Record<Sensor, string>;

export const nameOf: Readonly<Record<Sensor, string>> = { S: 'SAR', O: 'optical', D: 'height' };

export const setOf = (sensors: readonly Sensor[]): SensorSet => sensors.join('+');

/** The weak or auxiliary sensor (m1) that goes with optical images (m2). */
export type WeakSensor = 'S' | 'D';
