"""From batches to the handlers of their channels: message by message, frame by frame, or whole."""
