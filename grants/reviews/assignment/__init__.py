"""Who reviews what: the numbers (instance, flow, exchange, fair, causes) and the proposal a chair works on."""
